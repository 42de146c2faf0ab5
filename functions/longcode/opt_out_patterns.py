"""Possible opt-outs: patterns of requests for no more texts in a client's own words (47 CFR 64.1200(a)(10))."""

_PLEASE = r"(?:please|pls|plz|kindly|just|ok|and|but|sorry|hi|hello)"
_WHOM = r"(?:me|us|here|(?:this|my|our) (?:phone number|cell number|mobile number|number|phone|cell|mobile))"
_THINGS = (
    r"(?:texts|txts|text messages?|messages|msgs|sms|spam|reminders|notifications|alerts|ads|promos|promotions"
    r"|marketing)\b"
)
_ANY = (
    r"(?: (?:all|any|anymore|every|more|no|further|future|of|the|these|those|this|your|ur|such|so|many|text|fucking"
    r"|damn|promotional|automated))*"
)
_OFF_LIST = (
    r"(?: (?:from|off|of))?(?: (?:the|your|ur|this|these|all|any|mailing|text|texting|sms|contacts?|marketing|phone"
    r"|call))* (?:lists?|database|texts|messages|system|records|chain|thread)"
)
_LIST = rf"(?: (?:from|off|of))?(?: this| it|{_OFF_LIST})?"
_END = (
    r"(?= (?:please|pls|plz|now|any ?more|again|ever|at all|immediately|asap|thank|thanks|thx|already|ok|from you"
    rf"|to {_WHOM})\b|$)"
)


def english() -> tuple[str, ...]:
    """Return the patterns of English requests, in words folded by `keywords`."""
    return (
        rf"(?:stop|quit|cease|discontinue)(?: (?:sending|getting|receiving|with))?(?: {_WHOM})?{_ANY} {_THINGS}",
        r"(?:stop|quit) (?:getting|receiving|with) (?:these|this|them|those)$|(?:please|pls|plz|no thanks) stop$",
        r"(?:stop|quit) (?:with )?(?:the|this|all|all the) (?:texting|messaging|spamming)",
        rf"(?:stop|quit|cease) sending(?: {_WHOM})?{_ANY}"
        rf"(?: (?:stuff|things|it|that|anything|crap|junk|links))?{_END}",
        r"(?:stop|quit|cease)(?: fucking| damn| calling and| calling or)? (?:texting|txting|messaging|msging"
        r"|contacting|bothering|harassing|spamming|pestering|blowing up)(?: (?:or|and) \w+ing)?"
        rf"(?: {_WHOM}\b| my \w+\b|{_END})",
        rf"(?:stop|quit|cease) calling {_WHOM}{_END}",
        r"(?<!\bi )(?<!\bwe )(?<!you )(?<!they )(?:dont|do not|never)(?: (?:ever|please))?(?: (?:call|email) or)?"
        rf" (?:text|txt|message|msg|sms|contact|write)(?: or \w+)?(?: {_WHOM})?{_END}",
        rf"(?:dont|do not|never)(?: ever)? send(?: {_WHOM})?{_ANY} (?:{_THINGS}|anything|stuff|this|these){_END}",
        rf"(?:take|get) (?:{_WHOM}|my name) (?:off|out of){_LIST}{_END}",
        rf"(?:remove|delete|drop|erase) {_WHOM}{_LIST}{_END}",
        rf"(?:remove|be removed|me removed) from{_OFF_LIST}{_END}",
        rf"(?:dont|do not|no longer) (?:want|wish) to be (?:texted|contacted|messaged|on{_OFF_LIST})",
        r"(?:remove|delete) my (?:name|info|contact|phone number) (?:from|off) (?:\w+ )?(?:mailing |text )?list\b",
        r"un?subs?cribe\b",
        r"opt(?:ing)? ?(?:me |us |this number )?out(?: (?:of|from|receiving|getting))*"
        rf"{_ANY}(?: {_THINGS})?{_END}",
        rf"(?:dont|do not|no longer|never) (?:want|wish|need|care)(?: to (?:get|receive|see|have))?{_ANY} {_THINGS}"
        r"(?! (?:on|in|for|of)\b)",
        rf"(?:dont|do not|no longer) (?:want|wish) to (?:receive|get)(?: any of)? (?:these|this|them|those){_END}",
        rf"(?:dont|do not|never)(?: give)? consent(?:ed)? to{_ANY} {_THINGS}",
        rf"rather not (?:receive|get){_ANY} {_THINGS}",
        rf"^(?:{_PLEASE} )*no (?:more|further) (?:of )?(?:these |your |the )?{_THINGS}",
        rf"^(?:{_PLEASE} )*no (?:texts|sms|spam|text messages){_END}",
        rf"(?:turn|shut|switch) off{_ANY} {_THINGS}",
        rf"(?:cancel|end|terminate){_ANY} {_THINGS}(?! for\b)|cancel (?:my )?subscription$",
        r"(?:asked|told|want|need|like|asking|telling|begging) (?:you|u|yall)(?: \w+)? to (?:please )?(?:stop|quit)$",
        r"(?:texts|messages|this|it) (?:needs?|has|have|must|gotta)(?: to)? stop$",
        r"leave (?:me|us) alone|lose (?:my|this) number|cease and desist",
        r"(?:revoke|withdraw) (?:my |all )?consent(?: to (?:text|contact|message|receive|be)\w*|$)",
        r"report(?:ing|ed)? (?:you|this|it|this number|these)(?: \w+)? (?:as|for) (?:spam|harassment)",
    )


def german() -> tuple[str, ...]:
    """Return the patterns of German requests."""
    things = r"(?:sms|nachricht(?:en)?|textnachrichten|werbung|mitteilungen|erinnerungen|newsletter)"
    number = r"meine (?:handy|telefon|mobil)?nummer"
    of_list = (
        r"(?: (?:bitte|von|vom|aus|der|dem|dieser|ihrer|eurer|sms|mailing))*"
        r"(?: (?:liste|verteiler|datenbank|newsletter))?"
    )
    write = r"(?:schreiben|texten|kontaktieren|schicken|senden|belastigen|nerven)"
    return (
        rf"keine(?: weiteren?| ihrer| solche)?(?: {things})(?: von (?:ihnen|euch))? mehr",
        rf"(?:bitte |danke )keine(?: weiteren?)? {things}(?: bitte| schicken| senden|$)|keine weiteren {things}",
        r"(?:hort?|horen sie|hoeren sie)(?: bitte| endlich)* auf"
        rf"(?: damit|(?: mir| mich| uns)?(?: \w+){{0,3}} zu {write}|$)",
        rf"aufhoren(?: mir| mich| uns)?(?: \w+){{0,3}} zu {write}",
        rf"(?:nimm|nehmt|nehmen sie|streich|streichen sie|losch|loscht|loschen sie|entfernen sie)(?: bitte)?"
        rf" (?:mich|uns|{number}){of_list}(?: streichen| nehmen)?(?: danke| bitte)?$",
        rf"{number}{of_list}(?: zu)? (?:loschen|entfernen|streichen)",
        rf"(?:mochte|will|wollen|kann ich|bitte)(?: \w+)? mich{of_list} (?:abmelden|austragen)",
        rf"melden sie mich{of_list} ab$",
        rf"{things}(?: bitte)? (?:abbestellen|stoppen|einstellen|abstellen)",
        rf"stoppen sie(?: \w+){{0,2}} {things}",
        rf"(?:schreib|schick|send|kontaktier|text)\w*(?: sie)? (?:mir|mich|uns)(?: bitte)?"
        rf" (?:nicht|nichts|nie|keine {things}) mehr",
        r"(?:^|(?:bitte|mich|mir) )(?:bitte )?nicht mehr (?:an)?(?:schreiben|texten|kontaktieren|anrufen)",
        r"lass(?:t|en sie)? (?:mich|uns)(?: bitte| endlich)* in ruhe",
    )


def french() -> tuple[str, ...]:
    """Return the patterns of French requests."""
    things = r"(?:sms|messages?|textos?|notifications|rappels|pubs?|publicites?|spam)"
    of_some = r"(?: (?:de|des|les|ces|vos|tous|tout|plus|pas|jamais|rien|aucun|ca|svp|merci))*"
    of_list = (
        r"(?: (?:de|du|des|vos|votre|la|cette))*(?: (?:listes?|fichiers?|contacts|base))?"
        r"(?: svp| merci| sil vous plait)?$"
    )
    return (
        rf"d?arret(?:ez|e|er){of_some} (?:menvoyer|denvoyer|nous envoyer){of_some}(?: {things}|$)",
        rf"d?arret(?:ez|e|er){of_some} (?:{things}|mecrire|me (?:contacter|texter|deranger|harceler|spammer))",
        r"desabonn(?:er|ez|e moi|ement)|desinscri(?:re|vez|ption)",
        rf"(?:retir|enlev|supprim|effac)(?:ez|er|e)(?: svp)? (?:moi|nous|mon numero|ce numero){of_list}",
        r"ne (?:menvoyez|mecrivez|me (?:contactez|textez|derangez|ecrivez|envoyez)) (?:plus|pas)"
        rf"{of_some}(?: {things})?{of_some}$",
        rf"(?:veux|souhaite|desire|voudrais) (?:plus|pas)(?: (?:recevoir|avoir))?{of_some} {things}",
        rf"^(?:svp |merci )*(?:plus|pas) de {things} (?:svp|merci|sil vous plait)",
        r"laissez? (?:moi|nous) tranquilles?",
    )


def spanish() -> tuple[str, ...]:
    """Return the patterns of Spanish requests."""
    things = r"(?:mensajes?|mensajitos|textos?|sms|notificaciones|publicidad|recordatorios)"
    more = r"(?: (?:mas|nunca|por favor|ya|gracias|otro|ningun|nada|jamas))*"
    of_list = (
        r"(?: (?:por favor|de|del|la|su|sus|esta|tu))*(?: (?:listas?|base de datos|sistema))?"
        r"(?: por favor| gracias)?$"
    )
    return (
        r"no (?:me|nos) (?:envien?|envies|manden?|mandes|escriban?|escribas|contacten?|contactes|texteen?|molesten?"
        rf"|molestes|llamen){more}(?: {things})?{more}$",
        rf"no mas {things}",
        rf"(?:dejen?|deja|paren?|para) de (?:enviar|mandar)(?:me|nos)?{more} {things}",
        r"(?:dejen?|deja|paren?|para) de (?:escribir|contactar|textear|molestar)(?:me|nos)",
        rf"(?:quit|borr|elimin|sac|saqu)(?:a|e|en|ar)(?:me|nos){of_list}",
        rf"(?:borr|elimin|quit)(?:a|e|en|ar) mi numero{of_list}",
        rf"(?:darme|dame|denme|deme|darnos) de baja{of_list}",
        rf"no (?:quiero|deseo|queremos)(?: (?:mas|recibir|sus|tus|estos|tener|que me (?:manden|envien)))*"
        rf" {things}",
        r"deja(?:me|dme)? en paz|dejen?me en paz",
    )

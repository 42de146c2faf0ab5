"""Reactions as phones send them by SMS, and the lines that mail programs and phones add to a message."""

VERBS = (
    # English, iPhone: Liked "…", Removed a heart from "…", Reacted 👍 to "…"
    r"(?:dis)?liked|loved|laughed at|emphasi[sz]ed|questioned|reacted .{1,30} to|removed .{1,30} from"
    # Spanish, Portuguese, Italian, French
    r"|(?:no )?le (?:gusto|encanto|dio risa)|exclamo por|(?:dudo|pregunto) sobre|(?:enfatizo|destaco)|se rio de"
    r"|reacciono .{1,30} a|(?:elimino|quito) .{1,30} de"
    r"|(?:nao )?(?:gostou|curtiu|amou|adorou)(?: de)?|riu de|enfatizou|questionou|reagiu .{1,30} (?:a|com)"
    r"|removeu .{1,30} de"
    r"|ha (?:messo|aggiunto|reagito|rimosso|riso|evidenziato|adorato|amato|apprezzato).{0,40}"
    r"|(?:n)?a (?:pas )?(?:aime|adore|ri|rit|mis|souligne|insiste sur|questionne|reagi|retire|supprime)\b.{0,30}"
    # German, Dutch, Scandinavian
    r"|(?:gefallt|liebt|lacht uber|gefallt .{0,20}nicht|(?:hat|mit) .{1,30}(?:auf|zu|fur|uber)"
    r"|entfernte? .{1,30} (?:aus|von))"
    r"|(?:vond|vindt) .{1,20}|reageerde .{1,30} op|lachte om|benadrukte|gillade|gillar|alskade|skrattade at"
    r"|reagerade .{1,30} pa|likte|elsket|lo av"
    # Polish, Czech, Hungarian, Russian
    r"|(?:po|znie)lubił|pokochał|zasmiał sie z|podkreslił|zakwestionował|zareagował .{1,30} na|usunał .{1,30} z"
    r"|(?:ne)?libi(?:lo)? se|milovany|smal se|zdurazneno|otazka|reagoval .{1,30} na|odstranen\w* .{1,30} z"
    r"|odebran .{1,30} z"
    r"|.{1,30} (?:erre|errol|innen)|(?:nem )?kedveli|nevetett rajta|kiemelte|kerdezte"
    r"|(?:очень |не )?понравилось|посмеялись над|отмечено|поставлен вопрос на|реакция .{1,30}"
)
"""The folded words of a reaction that stand before our text, which it quotes."""

VERBS_AFTER = (
    r"(?:gefallt|liebt|betont|hinterfragt).{0,20}|(?:に|を|への).{1,20}|(?:에|을|를).{1,20}|.{0,20}(?:begen|tepki)\w*"
)
"""The folded words of a reaction that stand after our text, in languages that quote it first."""

GOOGLE = "\u200a[^\u200b\u200c\u200a]*[\u200b\u200c][^\u200b\u200c]*[\u200b\u200c][^\u200b\u200c\u200a]*\u200a"
"""How a reaction of Google Messages begins in every language: hair spaces, and zero-width marks around the emoji."""

BARE = r"(?:reacted \W{1,20} to|removed \W{1,20} from) "
"""A reaction whose quotation marks were lost on the way."""

MAIL_QUOTES = (
    r"^\s*(?:-{2,} ?(?:original message|forwarded message|ursprungliche nachricht|message d'origine"
    r"|mensaje original)\b.*"
    r"|(?:on|am|le|el|em|il|op) .{5,150}(?:wrote|schrieb|a ecrit|escribio|escreveu|ha scritto|schreef).{0,80}:)\s*$"
)
"""The line above the message that a mail program quotes."""

PHONE_LINES = (
    r"(?:^|\n|(?<=stop)\W{1,4})[ -]*(?:sent (?:from|via|by|with|using)\b|yahoo mail\b"
    r"|this mobile text message)[^\n]{0,120}$"
    r"|\b(?:sent (?:from|via|by|with|using) (?:my|the|an?|yahoo|at&t|outlook|gmail|mail|proton\w*|samsung|verizon"
    r"|t-mobile|android|blackberry|iphone|aol)\b|get \w{3,20} for (?:ios|android|windows|mac)\b"
    r"|get outlook for|gesendet (?:von|mit|uber)"
    r"|von meinem .{1,30} gesendet|envoye (?:de|depuis|a partir de|via)|enviado (?:desde|do|da|de|pelo|por|via)"
    r"|inviato da|verzonden (?:vanaf|met|via)|verstuurd vanaf|skickat fran|sendt fra|lahetetty|wyslan[eo] z"
    r"|odeslano z|отправлено (?:с|из)|download the .{1,20} app)[^\n]{0,120}$"
)
"""The line that a phone or a mail program adds at the end."""

INSTRUCTIONS = (
    r"/ ?(?:end|quit|cancel|unsub\w*|opt ?out)"
    r"|(?:to|2|two|too)[ -]?(?:end|stop|quit|cancel|leave|exit|discontinue|terminate|finish|mute"
    r"|block|remove"
    r"|unsub\w*|opt[ -]?out|be removed|end .{1,20}"
    r"|stop .{1,30})"
    r"|para (?:cancelar|salir|sair|terminar|finalizar|parar|descadastrar|dar(?:me|se|te)? de baja"
    r"|no recibir .{1,30}|nao receber .{1,30})"
    r"|pour (?:arreter|finir|annuler|(?:se|me|vous|te) desabonner|(?:se|me|vous) desinscrire"
    r"|ne plus recevoir .{1,40})"
    r"|(?:zum|zur|fur|um) (?:abmelden|abmeldung|beenden|stoppen|abbestellen|kundigen)"
    r"|per (?:annullare|cancellar\w{0,3}|disiscriver\w{0,3}|terminare|non ricevere .{1,30})|om (?:te stoppen"
    r"|af te melden)"
    r"|(?:to|au|an|al|at|a|naar) \d{3,6}"
)
"""What our own texts say after the keyword, such as "to end", and clients repeat."""

"""Possible opt-outs in French. docs/facts.md says how to add a word."""

COURTESIES = """svp stp merci sil vous te plait maintenant tout de suite moi"""
"""Words that are ignored beside a word of REPEATED."""

POLITE = """svp stp merci sil vous te plait maintenant desole desolee bonjour"""
"""Words that are ignored beside a message of ALONE, and that never mean anything by themselves."""

REPEATED = """arret arreter arretez arrete arretes desabonner"""
"""Words that mean an opt-out however often they are repeated, with courtesies around them."""

ALONE = """
fin
plus rien
ça suffit
assez
supprimer
annuler
retirer
désinscrire
désabonnement
mauvais numéro
faux numéro
erreur de numéro
vous avez le mauvais numéro
c'est le mauvais numéro
vous vous trompez de numéro
mauvaise personne
non merci
pas intéressé
pas intéressée
ça ne m'intéresse pas
fichez moi la paix
foutez moi la paix
mauvais destinataire
me désabonner
désabonne moi
je ne vous connais pas
je ne suis pas intéressé
je ne suis pas intéressée
"""
"""Messages, one a line: each means an opt-out if only words of POLITE stand beside it."""

_THINGS = r"(?:sms|messages?|textos?|notifications|rappels|pubs?|publicites?|spam)"
_OF_SOME = r"(?: (?:de|des|les|ces|vos|tous|tout|plus|pas|jamais|rien|aucun|ca|svp|merci))*"
_OF_LIST = (
    r"(?: (?:de|du|des|vos|votre|la|cette))*(?: (?:listes?|fichiers?|contacts|base))?"
    r"(?: svp| merci| sil vous plait)?$"
)

REQUESTS = (
    rf"d?arret(?:ez|e|er){_OF_SOME} (?:menvoyer|denvoyer|nous envoyer){_OF_SOME}(?: {_THINGS}|$)",
    rf"d?arret(?:ez|e|er){_OF_SOME} (?:{_THINGS}|mecrire|me (?:contacter|texter|deranger|harceler|spammer))",
    r"desabonn(?:er|ez|e moi|ement)|desinscri(?:re|vez|ption)",
    rf"(?:retir|enlev|supprim|effac)(?:ez|er|e)(?: svp)? (?:moi|nous|mon numero|ce numero){_OF_LIST}",
    r"ne (?:menvoyez|mecrivez|me (?:contactez|textez|derangez|ecrivez|envoyez)) (?:plus|pas)"
    rf"{_OF_SOME}(?: {_THINGS})?{_OF_SOME}$",
    rf"(?:veux|souhaite|desire|voudrais) (?:plus|pas)(?: (?:recevoir|avoir))?{_OF_SOME} {_THINGS}",
    rf"^(?:svp |merci )*(?:plus|pas) de {_THINGS} (?:svp|merci|sil vous plait)",
    r"laissez? (?:moi|nous) tranquilles?",
    rf"arret(?: des| les)? {_THINGS}|^plus de {_THINGS}$|stop (?:a |aux |les |la |vos )*{_THINGS}",
    r"ne plus (?:menvoyer|mecrire|me contacter|me deranger|recevoir)",
)
"""Patterns of requests, matched against folded words from the start of a word; `^` and `$` are a clause's ends."""

"""Possible opt-outs in Portuguese. docs/facts.md tells how a word is added."""

COURTESIES = """por favor obrigado obrigada agora ja"""
"""Words that add nothing to an opt-out."""

POLITE = """por favor obrigado obrigada agora ja desculpe oi ola"""
"""Words that add nothing to any message: also beside words that mean an opt-out only when they stand alone."""

REPEATED = """parar pare parem sair descadastrar"""
"""Words that mean an opt-out however often they are repeated, with courtesies around them."""

ALONE = """
cancelar
remover
excluir
apagar
fim
chega
basta
cancelar inscrição
número errado
pessoa errada
é o número errado
você está com o número errado
não obrigado
não obrigada
não tenho interesse
sem interesse
não me perturbe
não quero mais
não conheço você
nunca mais
engano
foi engano
desinscrever
me desinscrever
"""
"""Messages, one a line, that mean an opt-out if they have nothing but polite words around them."""

_THINGS = r"(?:mensagens|mensagem|sms|textos?|torpedos?|lembretes|propagandas?|notificacoes|promocoes)"
_MORE = r"(?: (?:mais|nunca|por favor|obrigad[oa]|nenhuma?|as|os|essas|esses|suas|seus|de|a))*"

REQUESTS = (
    rf"(?:pare|para|parem|parar|deixe|deixem) (?:com|de)(?: me| nos)?(?: (?:enviar|mandar|escrever|contatar"
    rf"|as|os))*{_MORE}(?: {_THINGS}|$)",
    rf"(?:pare|parem) (?:as|os|com as|com os) {_THINGS}",
    r"(?:pare|parem) de (?:me |nos )?(?:enviar|mandar|escrever|contatar|incomodar)",
    rf"nao (?:me|nos) (?:mande|mandem|envie|enviem|escreva|escrevam|contate|contatem|incomode"
    rf"|incomodem){_MORE}(?: {_THINGS})?{_MORE}$",
    rf"nao (?:quero|desejo|queremos)(?: (?:mais|receber|ter|as|os|suas|seus|essas))* {_THINGS}",
    r"(?:me|nos) (?:tir[ae]m?|remov[ae]m?|retir[ae]m?|exclu[ai]m?) d(?:a|e)(?: \w+)? ?lista",
    r"(?:tir[ae]m?|remov[ae]m?|exclu[ai]m?|apagu?[ae]m?)(?: o)? meu (?:numero|contato)",
    rf"chega de {_THINGS}",
    r"me deixem? em paz",
    rf"(?:pare|parem|parar) {_THINGS}|sair d[ae](?: \w+)? ?lista",
    r"nao (?:enviar|mandar|envie|mande|enviem|mandem)(?: mais)?$|me (?:remova|tira|tire|exclua"
    r"|descadastre)(?: por favor)?$",
)
"""Patterns of requests, in folded words. Each begins at a word's beginning; `^` and `$` are those of a clause."""

"""Possible opt-outs in Portuguese. docs/facts.md says how to add a word."""

COURTESIES = """por favor obrigado obrigada agora ja"""
"""Words that are ignored beside a word of REPEATED."""

POLITE = """por favor obrigado obrigada agora ja desculpe oi ola"""
"""Words that are ignored beside a message of ALONE, and that never mean anything by themselves."""

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
"""Messages, one a line: each means an opt-out if only words of POLITE stand beside it."""

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
"""Patterns of requests, matched against folded words from the start of a word; `^` and `$` are a clause's ends."""

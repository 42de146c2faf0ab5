"""Patterns of "stop" as people misspell it, and of ordinary talk with "stop", which is not an opt-out."""

STOP = r"(?:[s5]+t+(?:[o0]|o{3,})p+|stpo|sotp|stpp|stip|stahp|stopall)"
"""The word itself, as people type it."""

UNSUBSCRIBE = r"(?:un ?s(?=\w*b)[ub]{1,2}[scribnep]{0,9}d?\d?|unsub|opt ?out+)"
"""The word "unsubscribe" as people type it: "unsub", "unsubsribe", "unsuscribed"."""

ONE_LETTER_OFF = (
    r"(?!(?:shop|top|step|slop|atop|stow|stomp|stoop|sto|sop|crop|estop|strop|stops)$)"
    r"(?:\w?top|s\wop|st\wp|sto\w?|stp|sop|tsop|sotp|stpo|\wstop|s\wtop|st\wop|sto\wp|stop\w)"
)
"""A word one letter away from "stop" that is not another English word; it counts only as the whole message."""

RUN_TOGETHER = (
    rf"(?:{STOP})+(?:(?:text|txt|msg|messag|send|sms|spam|call)\w*|it|now|please|pls|all|this)?"
    rf"|(?:{UNSUBSCRIBE})(?:me|now|please|pls|all|us)?"
)
"""A message without its spaces: "stopstop", "st op", "stoptexting"."""

AFTER_STOP = (
    r"(?:by|in|at|on|over|off|into|for|and|n|to|until|till|til|when|where|before|after|between|near|next|outside"
    r"|inside|around|along|across|here|there|right(?! now)|left|first|home|tomorrow|today|tonight|being|acting"
    r"|sign|signs|light|lights|watch|motion|bath|gap|shop|order|orders|payment|print|prints"
    r"|is|was|has|were|are|the(?! te?xts?)|a|an|my(?! number)|our"
    r"|his|her|their|him|it|den|das"
    r"|au|en|chez|devant|bei|um|vor|hier|aqui|alli|en|(?!texting|everything)\w{2,}ing)\b"
)
"""What follows "stop" in ordinary talk: "stop by at 5", "stop sign", "stop worrying"."""

BEFORE_STOP = (
    r"\b(?:the|a|an|my|your|ur|his|her|our|their|its|that|each|every|any|more|there is no|has no|which|what|next"
    r"|right|wrong|correct|same|last|first|second|third|\d+(?:st|nd|rd|th)"
    r"|one|two|three|other|another|final|only|short|quick|brief|bus|train|tram|metro|subway|gas|food|rest|pit|full"
    r"|non|none|truck|traffic|tour|bathroom|potty|coffee|lunch|f|shuttle|school|nonstop"
    r"|to|not|dont|cant|wont|didnt|doesnt|couldnt|wouldnt|never|cannot|ever|i|we|they|he|she|it|who|where|when|how"
    r"|will|ill|id|could|would|should|shall|can|may|might|must|lets|and|then we|at|of|for|from|before|until"
    r"|after|with|in|by|was|if i reply|should reply|to reply)$"
)
"""What stands before "stop" in ordinary talk: "bus stop", "we never stop"."""

QUESTION = (
    r"(?:not sure|if|did|does|do|where|which|is|are|was|were|what|will (?:it|the|he|she|they)"
    r"|when (?!will (?:you|u)))\b"
)
"""How a question that ends with "stop" begins: "did the rain stop"."""

DELIGHT = (
    r"\b(?:omg+|aw+|o+h+|omfg|lol|lolol|lmao|rofl|jk|haha\w*|hehe\w*|jaja\w*|cute\w*|cutie|ador\w+|gorgeous"
    r"|beautiful|lov(?:e|es|ed|ely|ing)"
    r"|amaz\w+|perfect\w*|stunning|precious|obsessed|can'?t even|sweet\w*|cry|crying|cries|tears|sobbing|melting"
    r"|dying|dead|(?:so"
    r"|too) (?:good|much|funny|nice|pretty)"
    r"|funny|hilarious|kidding|joking|wow|yay|favou?rites?|best|incredible|mignon\w*|pleure|schon|suss|hermos\w+"
    r"|preciosa|linda|lindo)\b|[😍🥰😂🤣😭😊❤♥😻🥹💕😅😆☺]"
)
"""Joy: "omg stop 😍" praises a picture."""

MISTAKE = r"\b(?:accident\w*|mistake\w*|oops|error|wrongly)\b"
"""A word that says that an opt-out was not meant: "unsubscribed by accident"."""

REQUESTS_UNLESS_JOKING = (
    rf"(?:please|pls|plz|no thanks) {STOP}$",
    rf"(?:can|could|would|will) (?:you|u|ya|yall)(?: guys| all)?(?: please| pls| plz| just)* {STOP}(?: please"
    rf"| pls| now)?$",
    rf"(?:you|u|yall)(?: guys| all| people)? (?:really |just )?(?:need|have|got|gotta|must|should|better"
    rf"|can)(?: to)? {STOP}(?: now| please)?$",
    rf"need (?:you|u|this|these|it)(?: guys| all)? to {STOP}$|make (?:it|this|them|these) {STOP}$",
    r"(?:said|hit|texted|typed|sent|replied) stop\b(?! (?:by|in|at|on|for|over|when|and)\b)",
    r"(?:didnt|did not|never|dont remember) (?:sign|signing|signed|subscribe|subscribed|ask|asked)(?: up)? (?:for"
    r"|to) (?:this|these|any|your|those)(?: texts| messages)?$",
)
"""Requests that are possible opt-outs, unless the message also has words of DELIGHT or MISTAKE."""

# Matched with the letters' case as the client typed it, against the whole message: a name has a capital letter.
SOMEBODY_ELSE = (
    r"(?:(?:[Hh]i|[Ss]orry|[Nn]o|[Hh]ello|[Uu]m)[,.!]? )?"
    r"(?:(?:[Ii]'?m|I am|[Tt]his is|[Ii]t'?s|[Tt]his number is) not|[Nn]ot|[Tt]his isn'?t|[Tt]his number isn'?t) "
    r"[A-Z][a-z]+(?: [A-Z][a-z]+)?(?:'s (?:phone|number|cell|mobile)?)?(?: any ?more)?\W*"
    r"|(?:[Nn]o soy|[Jj]e ne suis pas|[Nn]ao sou(?: [oa])?|[Nn]on sono) [A-Z][a-z]+\W*"
    r"|(?:(?:[Tt]here(?:'s| is) )?[Nn]o|[Nn]obody named) (?!Mon|Tue|Wed|Thu|Fri|Sat|Sun|[A-Z]\w+ing )"
    r"[A-Z][a-z]+ (?:here|at this number)\W*"
    r"|[A-Z][a-z]+(?: [A-Z][a-z]+)? (?:has |is )?(?:passed away|deceased|no longer with us)(?: \w+){0,3}\W*"
)
"""Somebody else has the client's number by now ("I'm not Ann"), or the client has died."""

"""Possible opt-outs in English. docs/facts.md says how to add a word."""

_PLEASE = r"(?:please|pls|plz|kindly|just|ok|and|but|sorry|hi|hello)"
_WHOM = r"(?:me|us|here|(?:this|my|our) (?:phone number|cell number|mobile number|number|phone|cell|mobile))"
_THINGS = (
    r"(?:texts|txts|text messages?|messages|msgs|sms|spam|reminders|notifications|alerts|ads|promos|promotions"
    r"|marketing)\b"
)
_ANY = (
    r"(?: (?:all|any|my|anymore|every|more|no|further|future|of|the|these|those|this|your|ur|such|so|many|text"
    r"|fucking"
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

COURTESIES = """please pls plz and of thank thanks thanx thx ty you u so much very kindly ok okay now already
immediately asap
it this that these them all again just i ive have said say told texted sent typed me us reply text hi hello
hey yes wrong number person sorry sir maam end times twice 2 3 4 5 10"""
"""Words that are ignored beside a word of REPEATED."""

POLITE = """please pls plz kindly nope nah bro dude man yo um uh think thanks thank you thanx thx ty very bye so much
sorry sir maam hi hello hey ok okay now asap
immediately already guys"""
"""Words that are ignored beside a message of ALONE, and that never mean anything by themselves."""

REPEATED = """stop stopp stopall unsubscribe unsubcribe unsuscribe unsub optout quit revoke stpo sotp"""
"""Words that mean an opt-out however often they are repeated, with courtesies around them."""

ALONE = """
opt out
no more
please remove
remove please
s t o p
end
cancel
remove
quit
revoke
exit
delete
block
blocked
blocked and reported
report spam
reporting
scammer
stfu
f u
go to hell
stopped
stoped
opted out
i opted out
ive opted out
im opting out
dnc list
withdraw
i revoke
no thank u
not interested at all
not interested anymore
i dont know you
i do not know you
i dont know who this is
i dont know who you are
wrong no
not the right person
not me
deceased
remove number
delete number
end it
end this
cancel all
scam
this is spam
this is a scam
leave
halt
cease
desist
discontinue
decline
spam
junk
dnc
do not call
do not call list
do not contact
do not text
wrong
wrong number
wrong number here
the wrong number
wrong person
wrong guy
wrong phone
wrong phone number
not interested
im not interested
i am not interested
no longer interested
no thanks
no thank you
no ty
no thx
enough
enough already
reported
i will report you
ill report you
im reporting you
reporting you
go away
get lost
bug off
back off
piss off
fuck off
f off
fuck you
fuck u
fu
screw you
dnc this number
put me on dnc
no thank you very much
no thank you so much
thanks but no thanks
were not interested
we are not interested
not interested in this
not interested in these
knock it off
cut it out
enough is enough
bugger off
sod off
eff off
leave me be
let me be
spam spam
spam spam spam
unscribe
unscribed
i dont want to hear from you
dont want to hear from you
im not who you think
im not who you think i am
not who you think
i moved
new owner of this number
block me
ur getting reported
youre getting reported
getting reported
not intrested
not intersted
not interest
f ck off
cancel these
"""
"""Messages, one a line: each means an opt-out if only words of POLITE stand beside it."""

REQUESTS = (
    rf"(?:stop|quit|cease|discontinue)(?: (?:sending|getting|receiving|with))?(?: {_WHOM})?{_ANY} {_THINGS}",
    r"(?:stop|quit) (?:getting|receiving|with) (?:these|this|them|those)$",
    r"(?:stop|quit) (?:with )?(?:the|this|all|all the) (?:texting|messaging|spamming)",
    rf"(?:stop|quit|cease) sending(?: {_WHOM})?{_ANY}"
    rf"(?: (?:stuff|things|it|that|anything|crap|junk|links))?{_END}",
    r"(?:stop|quit|cease)(?: fucking| damn| calling and| calling or)? (?:texting|txting|messaging|msging"
    r"|emailing|hitting up|hitting me up"
    r"|contacting|bothering|harassing|spamming|pestering|bugging|annoying|disturbing|hounding|stalking"
    r"|blowing up)(?: (?:or|and) \w+ing)?"
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
    rf"^(?:{_PLEASE} )*no (?:texts?|texting|sms|spam|text messages){_END}",
    rf"(?:turn|shut|switch) off{_ANY} {_THINGS}",
    rf"(?:cancel|end|terminate){_ANY} {_THINGS}(?! for\b)|cancel (?:my )?subscription$",
    r"(?:asked|told|want|need|like|asking|telling|begging) (?:you|u|yall)(?: \w+)? to (?:please )?(?:stop|quit)$",
    r"(?:texts|messages|this|it) (?:needs?|has|have|must|gotta)(?: to)? stop$",
    r"leave (?:me|us)(?: the \w+| \w+)? alone|lose (?:my|this) number|cease and desist",
    r"(?:revoke|withdraw) (?:my |all )?consent(?: to (?:text|contact|message|receive|be)\w*|$)",
    r"^(?:im |i am )?reporting (?:this|you|u|it)$|report(?:ing|ed)? (?:you |u |this number |this |it "
    r"|these )?(?:as|for) (?:spam|harassment)"
    r"|report(?:ing|ed)? (?:you|this|it|this number|these)(?: \w+)? (?:as|for) (?:spam|harassment)",
    rf"text {_WHOM} no more",
    rf"(?:take|get|remove|delete) (?:him|her|them|my \w+|\w+)(?: \w+)? (?:off|from)(?: of)? (?:your|ur|this)"
    rf"(?: \w+){{0,2}} (?:lists?|database|system|records){_END}",
    r"want (?:to be )?off(?: of)? (?:your|ur|this|the)(?: \w+)? list$",
    rf"(?:done|finished|fed up|had enough) (?:with|of){_ANY} {_THINGS}",
    rf"(?:(?:youve|have|has|got|u r|are) (?:got |texting )?|(?:you|u|yall) (?:texted|reached|called|contacted) "
    rf"|(?:this is|its|it is|thats) )(?:the |a )?wrong (?:number|person|phone|guy|lady|woman|man){_END}",
    r"^(?:there is |theres )?(?:no|no one|nobody)(?: \w+){0,3} (?:by (?:that|this) name|(?:named|called) \w+)",
    rf"(?:stop|quit)(?: it| this| that)? with(?: \w+)? {_THINGS}",
    r"(?:on|to)(?: \w+)? do not (?:call|text|contact) list",
    r"^no more (?:of )?(?:these|this|them|those)$|^(?:please )?no more (?:texting|messaging|calls|contact)\b",
    r"(?:blocking|blocked|block) (?:you|u|this number|your number|ur number|this)$"
    r"|(?:you|youre|you are|number is|number) blocked$",
    rf"(?:delete|remove|erase) my (?:info|information|data|details|contact|contact info){_END}",
    r"(?:dont|do not|no longer) (?:want|wish|need) these(?: any ?more)?$",
    rf"^(?:{_PLEASE} )*(?:take |get |want )?off (?:of )?(?:the |your |this |ur )?list{_END}",
    rf"(?:take|get) {_WHOM} (?:off|out of) (?:this|your|ur) (?:thing|crap|shit|service|program|system){_END}",
    r"(?:doesnt|does not|dont|no longer) (?:have|has|use|uses|own|owns) this (?:number|phone)",
    r"^wrong (?:number|num|nbr|nr|person|phone)(?! (?:on|for|in|of|at|from|is|was|listed|saved|i|im"
    r"|first)\b)(?: \w+){0,3}$",
    rf"(?:too many|enough)(?: of)?(?: (?:these|your|the))? {_THINGS}{_END}|(?:text|texting)(?: me)? too much",
    r"^(?:\w+ ){0,2}(?:f|fk|fck|fuk|fuck|eff) (?:off|you|u)\b",
    r"sue (?:you|u)(?: all| guys)?$|(?:are|r|youre) harassing|^this is (?:harassment|spam|a scam)$",
    r"reporting (?:you|u|this)(?: to(?: \w+){1,4})?$",
    rf"(?:remove|delete) my name{_END}|(?:cancel|end|stop|terminate)(?: my| the| this)? subscription",
    r"^(?:this is |thats |that is |its )?not (?:my|her|his|their) (?:number|phone)(?: any ?more)?$",
    r"(?:isnt|is not|no longer) (?:her|his|their|\w+s) (?:number|phone|cell)(?: any ?more)?$",
    r"(?:do not|dont|didnt|did not|never)(?: give| gave)?(?: my)? consent(?:ed)?(?: to (?:this|these|that))?$",
    rf"not interested in (?:your |the |any |these )?{_THINGS}{_END}",
    r"dnc (?:list|me|this number)|(?:ur|youre|you are) (?:texting|messaging) the wrong (?:number|person|one)",
    r"dont want to hear from (?:you|u|this)",
    r"(?:will|gonna|going to|ill|have to|must) report (?:you|u|this)(?: guys| all)?$",
)
"""Patterns of requests, matched against folded words from the start of a word; `^` and `$` are a clause's ends."""

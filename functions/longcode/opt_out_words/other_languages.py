"""Possible opt-outs in further languages, each in its own script. docs/facts.md says how to add a word."""

COURTESIES = """tack takk tak prosze dzieki lutfen dekuji prosim kiitos пожалуйста спасибо"""
"""Words that are ignored beside a word of REPEATED."""

POLITE = """tack takk tak prosze dzieki lutfen dekuji prosim kiitos пожалуйста спасибо 请 請 谢谢 謝謝"""
"""Words that are ignored beside a message of ALONE, and that never mean anything by themselves."""

REPEATED = """sluta avsluta avregistrera avmeld wypisz стоп отписаться dur durdur"""
"""Words that mean an opt-out however often they are repeated, with courtesies around them."""

ALONE = """
avanmäl
avbryt
fel nummer
nej tack
feil nummer
nei takk
forkert nummer
nej tak
afmeld
stop beskeder
lopeta
peruuta
väärä numero
ei kiitos
wypisz mnie
proszę przestać
przestańcie
rezygnuję
zły numer
pomyłka
nie dziękuję
zrušit
odhlásit
špatné číslo
ne děkuji
leiratkozás
téves szám
iptal
yanlış numara
istemiyorum
отпишите меня
отписка
отмена
хватит
не пишите мне
не беспокойте
ошиблись номером
не туда попали
не надо
зупинити
відписатися
στοπ
διαγραφή
σταματήστε
λάθος νούμερο
הסר
עצור
תפסיקו
הסירו אותי
די
מספר לא נכון
لا ترسل
توقف
إيقاف
إلغاء
إلغاء الاشتراك
رقم خاطئ
बंद करो
रोको
गलत नंबर
停止
中止
拒否
拒收
不要
不需要
停
停止发送
停止發送
退订
退訂
取消订阅
取消訂閱
取消
不要再发了
不要再發了
别再发了
打错了
打錯了
不用了
配信停止
停止してください
解除
退会
やめて
やめてください
もう送らないで
送らないでください
間違いです
番号が違います
수신거부
수신 거부
중지
그만
그만 보내세요
잘못 보내셨습니다
ยกเลิก
หยุด
dừng
dừng lại
hủy
sai số
berhenti
salah nomor
itigil
ihinto
tama na
maling numero
ikke interesseret
ikke interessert
inte intresserad
nie chcę
отстаньте
请停止
請停止
送らないで
그만해
그만해주세요
스팸
لا شكرا
不感兴趣
不感興趣
不用谢谢
"""
"""Messages, one a line: each means an opt-out if only words of POLITE stand beside it."""

REQUESTS = (
    r"(?:sluta|slutt|stop|hold op)(?: med)?(?: at| a| att)? (?:skicka|skicke|sende|skrive|skriva|kontakta"
    r"|kontakte)",
    r"(?:vill|onskar|ønsker|vil) (?:inte|ikke)(?: ha| få| faa| fa| have)?(?: (?:fler|flere|mer))? (?:sms"
    r"|meddelanden|meldinger|beskeder)",
    r"(?:prosze )?(?:nie|przestan(?:cie)?) (?:wysyłac|wysyłajcie|pisac|pisz|piszcie)(?: (?:do|mi|mnie|wiecej"
    r"|juz))*(?: (?:sms\w*|wiadomosci))?$",
    r"(?:перестаньте|прекратите|хватит|не надо) (?:мне )?(?:писать|присылать|слать|звонить)",
    r"(?:уберите|удалите) (?:меня|мои номер)|не (?:пишите|присылаите)(?: (?:мне|больше|сюда))*$",
    r"(?:mesaj|sms)(?: \w+)? (?:gondermeyin|atmayin|istemiyorum)",
    r"(?:不要|别|別)(?:再)?(?:发|發|传|傳|给我|給我|聯絡|联系)|停止(?:发|發|訊息|讯息|短信|簡訊|消息)|(?:取消|退)(?:订|訂)",
    r"sluta (?:smsa|skriva|ringa|kontakta)",
)
"""Patterns of requests, matched against folded words from the start of a word; `^` and `$` are a clause's ends."""

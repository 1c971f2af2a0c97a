"""Words of general English that are near in meaning, and those that any description has.

For catalogues whose operations have a name and a description and hardly a phrase: «how much is 5 euro» is about a
currency. Kin stand in only for words that a catalogue does not have itself. Called by `index.py` and `described.py`.
Words that mean the same action are in `actions.py`.
"""

from orchestration.intake.words import LIGHT, NEGATIONS, QUESTIONS, VAGUE, stem

_GROUPS = """
    currency money cash buck dollar euro pound yen rupee franc peso usd eur gbp jpy chf cad aud inr
    price cost fare fee charge expense rate
    film movie watch cinema theater theatre
    song music track tune album artist band singer
    weather forecast temperature rain snow sunny humidity wind climate
    trip travel journey tour vacation holiday visit
    job career employment vacancy position
    doctor physician specialist dentist clinic medical
    lawyer attorney law legal solicitor
    restaurant diner eatery eat dining cafe cuisine dinner lunch food
    recipe cook cooking dish meal bake ingredient
    hotel accommodation lodging motel hostel room stay
    flight airline plane airport fly
    car vehicle automobile auto
    cab taxi ride lift driver
    house home apartment flat property
    image picture photo photograph drawing
    mail email inbox
    reminder alarm wake
    task todo chore
    article headline news
    stock share equity
    route direction path way navigation road
    distance far mile kilometer kilometre km
    length long meter metre
    monarch king queen emperor ruler
    athlete player sportsman sportswoman
    shop store market
    bill invoice payment pay
    clothes clothing dress shirt skirt shoe outfit
    place location city town area region
    schedule calendar appointment agenda meeting
    salary wage income earn earning
    country nation state
    weight mass heavy kilogram kg
    height tall
    speed velocity fast quick rapid
    equation root solve solution
    sum add plus addition total
    subtract minus subtraction difference
    multiply multiplication times product
    divide division quotient
    purchase buy order
    reserve reservation book booking
    find search look lookup see browse discover explore locate interested interest
    fetch retrieve obtain read
    convert conversion exchange translate
    predict prediction forecast estimate projection
    calculate compute determine evaluate
    delete remove cancel erase
    modify change edit adjust update alter
    create add make new generate
    listen hear play stream
    buddy friend companion contact
    child kid baby
    pupil student
    teacher professor instructor
    illness disease sick symptom
    medicine drug medication
    message text chat sms
    phone call mobile
    question query ask
    people population person inhabitant
    history historical past
    sale sell revenue
    bug issue defect fault error
    server machine host
"""
_COMMON = """
    get find calculate compute determine retrieve fetch search show list give provide return generate create check look
    know tell help need using used based given specific specified certain particular information info detail details
    data value values number numbers result results type name names id date time function current new between
    different various total per available include including please want like much many perform item items option options
    suggestion suggestions recommendation idea assist assistance request
"""
_FUNCTION = """
    but they their them he she his her him or nor than because about up out off down over under around near during
    within most more less few several such so very really only even still there here when while until since after
    before also some any other another same else maybe perhaps good nice best better great interested interest plan
    planning try trying think feel wish hope love prefer preferably looking able possible today tomorrow tonight
    yesterday week weekend month year day morning afternoon evening night upcoming next last am pm gonna wanna
"""
COMMON = frozenset(map(stem, (*_COMMON.split(), *_FUNCTION.split(), *LIGHT, *QUESTIONS, *NEGATIONS, *VAGUE)))
"""Words, stemmed, that hardly tell one operation from another in any catalogue."""


def _kin() -> dict[str, frozenset[str]]:
    groups = [frozenset(map(stem, line.split())) for line in _GROUPS.strip().splitlines()]
    return {word: frozenset().union(*(g for g in groups if word in g)) - {word} for group in groups for word in group}


KIN = _kin()
"""The stems near to a stem."""

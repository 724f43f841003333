"""Words and other short texts to draw: common English words, made-up words, numbers, codes, prices, dates, names."""

from collections.abc import Callable

import numpy as np

from sensorium.data.synthetic.draws import one_of, weighted, whole

_COMMON = """
able about above accept across act add after again age agree air all allow almost alone along already also always
among amount anger angle animal answer any appear apple april area arm army around arrive art ask august aunt autumn
away baby back bad bag ball bank base bath beach bean bear beat bed before begin behind bell belong below beside best
better between big bike bird black blood blow blue board boat body bone book born both bottle bottom box boy branch
bread break breath bridge bright bring brother brown build burn bus busy butter button buy cake call calm camera camp
capital captain car card care carry case castle catch cause centre chain chair chance change cheap check cheese child
church circle city class clean clear climb clock close cloth cloud coast coat coffee cold colour come common cook cool
copper copy corn corner cost cotton count country course cover cow cream cross crowd cry cup cut dance danger dark
daughter day dead deal dear december deep desk dinner dirty doctor dog door double doubt down draw dream dress drink
drive drop dry dust duty each ear early earth east easy eat edge egg eight either electric eleven end engine enjoy
enough enter equal even evening ever every exit eye face fact fall family famous far farm fast father fear february
feed feel field fight figure fill film find finger finish fire first fish five flag flat floor flour flower fly fold
food foot force forest forget form four free fresh friday friend from front fruit full game garden gate gather general
gentle gift girl give glad glass gold good grand grass gray great green ground group grow guess guide habit hair half
hall hand happy harbour hard hat head health hear heart heat heavy help here high hill history hold hole holiday home
honest hope horse hospital hotel hour house human hundred hungry hurry ice idea image inch inside island january job
join juice july jump june just keep key kind king kitchen knee knife know lady lake lamp land language large last late
laugh law lead leaf learn leave left leg lemon lesson letter level library lie life lift light like line lion list
listen little live local long look lose lot loud love low lucky lunch machine mail main make man many map march mark
market master match matter may meal mean measure meat meet melon member metal middle mile milk million mind minute
mirror miss modern moment monday money month moon morning most mother mountain mouse mouth move much music must name
narrow nation nature near neck need never new news next nice night nine noise none noon north nose note nothing
november number object ocean october offer office often oil old one only open orange order other over own page pain
paint pair paper parent park part party pass past path pay peace pen pencil people pepper perfect person phone photo
piano picture piece pink place plain plan plane plant plate play please plenty pocket poem point police poor port
post potato pound power present press pretty price print prize public pull pupil push put queen question quick quiet
quite rabbit race radio rain raise reach read ready real reason red repeat reply rest rice rich ride right ring rise
river road rock roof room rope rose round row rule run safe sail salt same sand saturday save say school science sea
season seat second see sell send september serve seven shade shape share sharp sheep sheet shelf shine ship shirt
shoe shop short should shoulder shout show side sign silk silver simple sing sister sit six size skin sky sleep slow
small smell smile smoke snow soap soft soil some son song soon sorry sound soup south space speak speed spell spend
spoon sport spring square stage stamp stand star start state station stay steam steel step stick still stone stop
store storm story straight strange street strong student study sugar summer sun sunday sure sweet swim table tail
take talk tall taste taxi tea teach team tell ten test thank then there thick thin thing think third this thousand
three through thursday ticket tiger time tired today together tomorrow tonight tool tooth top total touch towel
tower town track trade train travel tree trip trouble true trust try tuesday turn twelve twenty two uncle under until
use usual valley value very view village visit voice wait walk wall want warm wash watch water wave way weather
wednesday week weight welcome well west wet wheel when where white who whole why wide wife wild win wind window wine
winter wish with woman wood word work world worry write wrong yard year yellow yes yesterday young zero
"""

_FIRST_NAMES = (
    "Anna", "Ben", "Clara", "David", "Emma", "Felix", "Grace", "Hugo", "Ivan", "Julia", "Karl", "Laura", "Maria",
    "Noah", "Olga", "Paul", "Quinn", "Rosa", "Sam", "Tina", "Uma", "Victor", "Wendy", "Xavier", "Yara", "Zoe", "Li",
    "Chen", "Amir", "Fatima", "Kofi", "Mei", "Raj", "Sofia",
)  # fmt: skip
_LAST_NAMES = (
    "Adams", "Baker", "Carter", "Diaz", "Evans", "Fischer", "Garcia", "Hansen", "Ito", "Jones", "Keller", "Lopez",
    "Martin", "Novak", "Olsen", "Perez", "Quist", "Rossi", "Smith", "Tanaka", "Ueda", "Vogel", "Wang", "Young",
    "Zhang", "Kumar", "Okafor", "Silva", "Dubois", "Larsen",
)  # fmt: skip
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_PHRASES = (
    "No parking", "Push to open", "Sale today!", "Open 24 hours", "Please wait here", "Mind the gap", "Way out",
    "Thank you!", "Hello, world!", "Not for sale", "Keep left", "Wet paint", "Do not enter", "Buy one, get one",
    "Happy birthday!", "See you soon", "What's new?", "Out of order", "Room to let", "Ready, set, go!", "Good morning",
    "Free Wi-Fi", "Stop!", "Made in Italy", "Best before:", "Total amount", "Page 3 of 12", "Chapter One", "To: Anna",
    "Low battery", "Game over", "Level up!", "Are you sure?", "Save as...", "Yes / No", "Error 404", "Loading...",
)  # fmt: skip
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "oo", "y")
_ONSETS = (
    "b", "c", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "qu", "r", "s", "t", "v", "w", "x", "z", "bl", "br",
    "ch", "cl", "cr", "dr", "fl", "fr", "gr", "pl", "pr", "sh", "sk", "sl", "sp", "st", "th", "tr",
)  # fmt: skip
_CODAS = ("", "", "", "n", "r", "s", "t", "l", "m", "ck", "nd", "st", "ng", "x", "p", "rd")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SYMBOLS = "0123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"


def is_held_out(word: str) -> bool:
    """Whether a common word is kept for validation: one in eight."""
    return sum(ord(letter) * (place + 3) for place, letter in enumerate(word)) % 8 == 0


TRAIN_WORDS = tuple(word for word in _COMMON.split() if not is_held_out(word))
HELD_OUT_WORDS = tuple(word for word in _COMMON.split() if is_held_out(word))


def made_up(rng: np.random.Generator) -> str:
    """Return a word that could be one but is not, of one to three syllables."""
    syllables = (one_of(rng, _ONSETS) + one_of(rng, _VOWELS) + one_of(rng, _CODAS) for _ in range(whole(rng, 1, 3)))
    return "".join(syllables)


def draw_text(rng: np.random.Generator, longest: int, vocabulary: tuple[str, ...]) -> str:
    """Return a line of 1 to `longest` characters, printable ASCII and € and £, without space at its ends."""
    while True:
        text = weighted(rng, _MAKERS)(rng, vocabulary)
        if len(text) <= longest:
            return text


def _cased(rng: np.random.Generator, text: str) -> str:
    style = weighted(rng, ((0.4, "lower"), (0.2, "first"), (0.2, "title"), (0.2, "upper")))
    return {"lower": text, "first": text.capitalize(), "title": text.title(), "upper": text.upper()}[style]


def _words(rng: np.random.Generator, vocabulary: tuple[str, ...]) -> str:
    count = weighted(rng, ((0.4, 1), (0.3, 2), (0.2, 3), (0.1, 4)))
    text = _cased(rng, " ".join(one_of(rng, vocabulary) for _ in range(count)))
    return text + weighted(rng, ((0.8, ""), (0.06, "!"), (0.05, "."), (0.05, "?"), (0.04, ":")))


def _strange_words(rng: np.random.Generator, vocabulary: tuple[str, ...]) -> str:
    text = made_up(rng)
    if rng.random() < 0.4:
        text += " " + (made_up(rng) if rng.random() < 0.5 else one_of(rng, vocabulary))
    return _cased(rng, text)


def _number(rng: np.random.Generator, _: tuple[str, ...]) -> str:
    digits = whole(rng, 1, 7)
    number = whole(rng, 10 ** (digits - 1), 10**digits - 1)
    style = weighted(rng, ((0.55, "plain"), (0.15, "comma"), (0.2, "decimal"), (0.05, "percent"), (0.05, "sign")))
    return {
        "plain": f"{number}",
        "comma": f"{number:,}",
        "decimal": f"{number % 1000}.{whole(rng, 0, 99)}",
        "percent": f"{number % 100}%",
        "sign": f"-{number % 1000}",
    }[style]


def _code(rng: np.random.Generator, _: tuple[str, ...]) -> str:
    letters = "".join(one_of(rng, _LETTERS) for _ in range(whole(rng, 1, 3)))
    number = "".join(one_of(rng, "0123456789") for _ in range(whole(rng, 1, 4)))
    tail = one_of(rng, _LETTERS)
    return one_of(
        rng, (f"{letters}-{number}", letters + number, f"{letters} {number}", f"{number}{tail}", f"#{number}")
    )


def _mixture(rng: np.random.Generator, _: tuple[str, ...]) -> str:
    return "".join(one_of(rng, _SYMBOLS) for _ in range(whole(rng, 1, 8)))


def _price(rng: np.random.Generator, _: tuple[str, ...]) -> str:
    whole_part, cents = whole(rng, 0, 10 ** whole(rng, 1, 3)), one_of(rng, ("00", "50", "99", "95", "20", "75", "49"))
    sign = one_of(rng, ("$", "$", "€", "£"))
    return one_of(rng, (f"{sign}{whole_part}.{cents}", f"{sign}{whole_part}", f"{whole_part}.{cents} {sign}"))


def _date(rng: np.random.Generator, _: tuple[str, ...]) -> str:
    day, month, year = whole(rng, 1, 28), whole(rng, 1, 12), whole(rng, 1950, 2039)
    name = _MONTHS[month - 1]
    forms = (
        f"{day} {name} {year}", f"{name} {day}, {year}", f"{name[:3]} {day}", f"{day}/{month}/{year}",
        f"{year}-{month:02}-{day:02}", f"{day:02}.{month:02}.{year}", f"{name} {year}", f"{year}",
    )  # fmt: skip
    return one_of(rng, forms)


def _time(rng: np.random.Generator, _: tuple[str, ...]) -> str:
    hour, minute = whole(rng, 0, 23), whole(rng, 0, 59)
    half = "AM" if hour < 12 else "PM"
    return one_of(rng, (f"{hour}:{minute:02}", f"{hour:02}:{minute:02}", f"{(hour - 1) % 12 + 1}:{minute:02} {half}"))


def _person(rng: np.random.Generator, _: tuple[str, ...]) -> str:
    first, last = one_of(rng, _FIRST_NAMES), one_of(rng, _LAST_NAMES)
    title = one_of(rng, ("Dr.", "Mr.", "Ms.", "Prof."))
    return one_of(rng, (f"{first} {last}", f"{title} {last}", f"{first[0]}. {last}", f"{last}, {first}", first))


def _address(rng: np.random.Generator, vocabulary: tuple[str, ...]) -> str:
    word, end = one_of(rng, vocabulary), one_of(rng, ("com", "org", "net", "io", "de"))
    street, number = word.capitalize(), whole(rng, 1, 220)
    forms = (
        f"www.{word}.{end}",
        f"info@{word}.{end}",
        f"{number} {street} Street",
        f"{street} Road {number}",
        f"@{word}",
    )
    return one_of(rng, forms)


def _sign(rng: np.random.Generator, _: tuple[str, ...]) -> str:
    text = one_of(rng, _PHRASES)
    return text.upper() if rng.random() < 0.3 else text


def _phone(rng: np.random.Generator, _: tuple[str, ...]) -> str:
    digits = "".join(one_of(rng, "0123456789") for _ in range(10))
    return one_of(
        rng,
        (f"{digits[:3]}-{digits[3:7]}", f"({digits[:3]}) {digits[3:6]}-{digits[6:]}", f"+{digits[:2]} {digits[2:8]}"),
    )


_MAKERS: tuple[tuple[float, Callable[[np.random.Generator, tuple[str, ...]], str]], ...] = (
    (0.34, _words), (0.13, _strange_words), (0.12, _number), (0.08, _code), (0.06, _mixture), (0.05, _price),
    (0.05, _date), (0.03, _time), (0.05, _person), (0.04, _address), (0.03, _sign), (0.02, _phone),
)  # fmt: skip

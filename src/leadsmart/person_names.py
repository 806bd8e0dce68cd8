"""Whether texts are names of people, by given names that are common in the markets and by those an export shows."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Final

_ARABIC_FOLD: Final = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ة": "ه", "ى": "ي", "ـ": None})
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*\.?")
#: More words are a sentence.
MOST_WORDS: Final = 4
_TITLES: Final = frozenset({"mr", "mrs", "ms", "dr", "eng", "prof", "م", "د", "ا"})
#: Words that stand in names of firms, places and answers, never in those of people.
_NO_NAMES: Final = frozenset(
    "a an and as at by for from in my no not of on or the to with yes new old city park hills bay view coast tower towers "
    "compound residence gardens street road north south east west".split()
)

_GIVEN_NAMES: Final = frozenset(
    """
    aaron abdallah abdelrahman abdul abdullah abeer adam adel adham adrian ahmad ahmed ahmet aisha alaa alan alexander
    alexandra alfred ali alice alicia alina aliya allison amal amanda amany amina amir amira amr amy andrea andreas andrew
    angela anita ann anna anne anthony antonio arthur asmaa aya ayman aysha ayten barbara basem basma bassant bassem
    benjamin bilal bob brandon brenda brian bruno carla carlos carmen carol caroline catherine charles charlotte chris
    christian christina christine christopher claire clara claudia colin cynthia dalia dana daniel daniela danielle dareen
    david deborah denis dennis diana dina doaa donald donna doris dorothy doug douglas ebtisam edward ehab elena elizabeth
    emad eman emily emma eric erik esraa essam esther eva fadi faisal farah farid fatema fatima fatma fernando frances
    francis francisco frank fred gabriel gamal gary george georgia gerald ghada gina giovanni giulia gloria grace greg
    gregory habiba hadeer hadi haitham hala hamada hamed hamza hana hanan hani hannah hany harry hassan hatem hazem heba
    heidi helen helena henry hesham hind hoda howard hussain hussein hossam ian ibrahim ibtissam iman irene isabel isabella
    islam ismail ivan jack jacob jacqueline jaime james jamie jana jane janet jason javier jean jeff jeffrey jennifer jeremy
    jerry jessica jihan joan joanna joe john johan jonas jonathan jordan jorge jose joseph joshua juan judith julia julian
    julie justin kamal kareem karen karim katherine kathleen keith kelly kenneth kevin khaled khalid kimberly kirsten
    lamia larry laura lauren laurent layla leila lena leonardo liam lina linda lisa lobna louis louise lucas lucia lucy luis
    luke luna maged maha mahmoud mai malak manal manar manuel marco marcus margaret maria mariam marie mario mark marta
    martha martin marwa marwan mary matt matthew maria mazen megan mehmet melissa menna merna michael michelle miguel
    miriam mohamad mohamed mohammad mohammed mona moataz mostafa mourad muhammad mustafa nabil nada nader nadia nadine nagwa
    nancy naomi natalia natalie nathan nesma nevine nicholas nicolas nicole nihal nikolai nora noha nour noura nourhan
    oliver olivia omar omnia osama oscar pablo pamela passant patricia patrick paul paula pedro peter philip pierre rachel
    radwa rafael raghda rana randa rania raouf rasha rashid rawan raymond rebecca reem rehab reham renata ricardo richard
    rita robert roberto robin roger ronald rosa ruth ryan sabrina safaa sahar said salah salem salma salman sally sam
    samantha samar sameh samir samira samuel sandra sara sarah sayed scott sean seif sergio shady shaimaa shams sharon
    sherif sherine shirley shorouk simon simone sofia soha somaya sophia sophie stefan stephanie stephen steven stuart
    susan tamer tariq tarek teresa theresa thomas tim timothy tina todd tom tony ursula valentina valeria vanessa vera
    victor victoria vincent virginia wael walid walter waleed wendy william yahya yara yasmin yasmine yasser yehia yomna
    youssef yousef yusuf yvonne zainab zeinab ziad ziyad
    """.split()
)
_ARABIC_GIVEN_NAMES: Final = frozenset(
    """
    احمد محمد محمود مصطفي عمر عمرو علي حسن حسين حسام خالد كريم طارق يوسف ياسر وليد وائل هاني هشام هيثم نادر نبيل مازن ماجد
    مروان معتز اسلام اسامه ابراهيم اسماعيل ايمن ايهاب بلال باسم تامر جمال جورج حاتم حازم حمزه رامي سامح سامي سعيد سيف سيد شريف
    صلاح طه عادل عبدالله عبدالرحمن عصام علاء عماد فادي فيصل فهد سلطان سلمان سعود تركي بندر ناصر راشد سالم
    مني ساره نور هناء هند هدي ليلي دينا داليا دعاء رنا رانيا ريم رحاب ريهام سحر سلمي سمر شيماء عبير غاده فاطمه مريم مروه مي مها منال
    نادين نجلاء نهي نورا نورهان هاله هبه هاجر ياسمين يارا يسرا زينب اسماء اماني امل امينه ايمان ايه اميره اسراء بسمه لمياء لينا مني
    """.split()
)


@lru_cache(maxsize=1 << 16)
def fold_word(word: str) -> str:
    """A word without case, accents and spelling variants of Arabic letters.

    >>> fold_word("José"), fold_word("أحمد")
    ('jose', 'احمد')
    """
    word = word.translate(_ARABIC_FOLD)
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_ARABIC_FOLD)


def is_name(text: str, known: Collection[str] = ()) -> bool:
    """Whether a text of a few words is the name of a person.

    Parameters
    ----------
    text : str
    known : collection of str
        Folded words that are given names beyond the common ones.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_name("Mona Sabry"), is_name("منى صبري"), is_name("Mona Lane 4"), is_name("New Cairo"), is_name("Ready to move")
    (True, True, False, False, False)
    """
    words = name_words(text)
    return bool(words) and (
        words[0] in _GIVEN_NAMES or words[0] in _ARABIC_GIVEN_NAMES or (len(words) > 1 and words[0] in known)
    )


def looks_like_name(text: str) -> bool:
    """Whether a text has the form of a full name: two to four words, each with a capital.

    >>> looks_like_name("Siobhan Duffy"), looks_like_name("End of year"), looks_like_name("3 Bedrooms")
    (True, False, False)
    """
    return len(name_words(text)) > 1 and all(word[0].isupper() for word in text.split())


def name_words(text: str) -> list[str]:
    """The folded words of a text without titles; none where it can't be a name."""
    words = text.split()
    if not all(_WORD.fullmatch(word) for word in words):
        return []
    folded = [word for word in (fold_word(word.rstrip(".")) for word in words) if word not in _TITLES]
    return [] if len(folded) > MOST_WORDS or _NO_NAMES & set(folded) else folded


def share_of_names(texts: Iterable[str], known: Collection[str] = ()) -> float:
    """Share of the texts that are names of people; 0 where there are none."""
    judged = [is_name(text, known) for text in texts]
    return sum(judged) / len(judged) if judged else 0.0

"""What stands in an answer and is not what it says: words to the grader, claims to know, what it calls false.

Of words to the grader two rules tell, the same for every judge. Patterns: an instruction or a claim
together with something of grading. And a vocabulary: a sentence that adds only words of the exam room to
those of its question ("max score please") states nothing, however it is put.
"""

import re
import unicodedata
from collections.abc import Set
from functools import cache, lru_cache

from knowledge.text import stem
from prompts.render import inert

# Cyrillic and Greek letters that are drawn like Latin ones; Latin letters tell their own by name.
_LOOKALIKES = str.maketrans(
    "аеорсухіѕјһԁԛԝвкмнтАВЕКМНОРСТУХІЅЈΑΒΕΖΗΙΚΜΝΟΡΤΥΧαερτνοικυχ",
    "aeopcyxisjhdqwbkmhtABEKMHOPCTYXISJABEZHIKMNOPTYXaeptvoikux",
)
_LETTER = re.compile(r"\bLETTER (?:SMALL CAPITAL )?([A-Z])(?: WITH\b|$)")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_SPELT_OUT = re.compile(r"(?<=\b\w) (?=\w\b)")
_BLANKS = re.compile(r"[^\S\n]+")
_TURNED_ROUND = re.compile("[\u202d\u202e]")  # marks that make text read backwards

_TOP = r"(?:full|top|highest|best|perfect|max(?:imum|imal)?|complete|100\s?%)"
_MARKS = r"(?:marks?|grades?|credits?|scores?|points|results?)"
_MET = r"(?:met|satisfied|fulfilled|stated|covered|correct|right|said|complete|perfect|passed|full|true)"
_GRADE = r"(?:rate|mark|count|score|grade|tick|confirm|record|accept|approve|credit|consider|treat)(?:e?d)?"
_GRADER = r"(?:grader|examiner|evaluator|assessor|interviewer|professor)"
_ANSWER = r"(?:answer|response|submission)"
_SET_ASIDE = r"(?:ignore|disregard|forget|override|skip|bypass|waive)"
_ORDERS = r"(?:instructions?|prompt|criteria|guidelines)"
_ITEMS = r"(?:points?|criteri\w+|items?|box(?:es)?|verdicts?|answers?)"
_ALL_ITEMS = rf"(?:all|every|each)\ (?:\w+\ ){{0,3}}{_ITEMS}"
_TEN = r"(?<![\d/]) (?:10\s?(?:/|out\ of)\s?10|5/5) (?![\d/])"

# Each alternative needs a word of grading in the company of an instruction or a claim: "we ignore the
# padding index" and "a perfect score on train" are statements.
_TO_GRADER = re.compile(
    rf"""
      # the instructions set aside, or new ones
      \b{_SET_ASIDE}\b .{{0,40}} \b(?:rubric|grading|(?:your|previous|prior|all)\ (?:\w+\ )?{_ORDERS})\b
    | (?:^|[.!?:,;"]|\b(?:please|must|should|now|just|then|and)\ ) [^\w\n]* {_SET_ASIDE}\b .{{0,25}}
      \b{_ORDERS}\b (?!\ (?:tokens?|part|in\ the\ loss))
    | \b(?:new|previous)\ instructions\b | \byour\ (?:guidelines|instructions|developers|rules|policy)\b
    | \b(?:system|developer)[\ -](?:override|message|note|reminder)\b
      # another role, for the text or for its reader
    | ^[^\w\n]* (?:system|assistant|developer|user|admin|tool|candidate) [^\w\n]{{0,3}}? [:>\]] .{{0,80}}
      \b(?:you|candidate|verdict|met|grade|points?|rules?|answer|marks|score)\b
    | ^[^\w\n]* (?:{_GRADER}|assistant|human) \s* : | \b(?:note|message)\ from\ the\ {_GRADER}\b
    | \bi\ am\ the\ {_GRADER}\b | \byou\ are\b .{{0,40}} \b(?:judge|assistant|{_GRADER})\b
    | ^[^\w\n]* (?:now\ |please\ )? (?:act|speak|behave|answer)\ as\ (?!if\b)
    | \bpretend\ (?:that\ )?(?:i|my|you\ are|this)\b | \brole-?play\b | \blet's\ play\b
    | ^[^\w\n]* (?:dear|hello|hi|hey|note\ to|as)\b .{{0,10}} \b{_GRADER}\b
    | \b(?:grader|examiner)\ (?:has|may|should|must|will)\b | \b{_GRADER}\b .{{0,40}} \b{_TOP}\ {_MARKS}\b
    | \bthis\ (?:conversation|session|chat|interview|exam)\b
      # structure that is not the candidate's to give
    | \[/?inst\] .{{0,80}} \b(?:verdict|met|grade|pass|score|points?|marks?)\b | <</?sys>>
    | ^[^\w\n<]* <\|\w+\|> | <\|(?:im_\w+|system|user|assistant)\|>
    | ^[^\w\n]* (?:begin|end)\ (?:of\ )?(?:\w+\ )?(?:answer|submission|input|notes)\b
      # marks, asked for or said to be deserved
    | \b(?:award|assign|grant|deserves?|worth|earn|i\ get)\b .{{0,30}} \b{_TOP}\ (?:possible\ )?{_MARKS}\b
    | \bgive\b .{{0,30}} \b{_TOP}\ (?:possible\ )?(?:marks?|grades?|credits?|points)\b
    | ^[^\w\n]* give\b .{{0,30}} \b{_TOP}\ (?:possible\ )?{_MARKS}\b
    | \b(?:{_ANSWER}|me|please|award|deserves?|worth|rat(?:e|ing)|grade|marks?)\b .{{0,40}} {_TEN}
    | {_TEN} .{{0,20}} \b(?:{_ANSWER}|please|marks?|for\ me)\b | ^[^\w\n]* {_TEN} [^\w\n]* $
    | \b(?:score|grade|mark)\ (?:this|me)\b | \bgrade\ it\b | \b(?:pass|credit)\ me\b | \bdon'?t\ grade\b
    | \b(?:award|grant)\ (?:\w+\ ){{0,3}}points\b | \bg[ai]ve\ me\b .{{0,20}} \b(?:points|credit|marks)\b
    | \b{_GRADE}\b .{{0,30}}
      \b(?:{_ANSWER}|me|this|these|them|everything|following|rest|remaining|{_ALL_ITEMS})\b
      .{{0,20}} \bas\b .{{0,15}} \b{_MET}\b
    | \b(?:mark|count|tick|credit)\ (?:all\ )?(?:the|every|each)\ (?:rest|others?|box(?:es)?|criteri\w+)\b
    | \bset\ the\ (?:score|grade|verdict)\ to\b
    | \b(?:put|place)\ a\ tick\b | \bplease\b .{{0,60}} \bscore\b | \b(?:complete|perfect|flawless)\ answer\b
    | \b(?:accept|approve|confirm|checked|close)\ (?:this|my|the)\ (?:{_ANSWER}|item)\b
      # the points of the rubric, or the answer, said to be in order
    | \brubric(?:'s)?\b .{{0,30}} \b(?:points?|items?|criteri\w+|met|satisf\w+|cover\w+)\b
    | \b(?:points?|items?|everything|criteri\w+)\b .{{0,20}} \brubric\b
    | \b(?:all|every|each)\b .{{0,25}} \b(?:points?|criteri\w+|items?)\b .{{0,25}}
      \b(?:is|are|as|been|was|were)\ (?:met|satisfied|fulfilled|stated)\b
    | (?:^|[.!?:,;]|\bthat\ ) [^\w\n]* (?:(?:all|the|your|these)\ )* criteria\ (?:are\ |were\ )?(?:all\ )?
      (?:met|satisfied|fulfilled)\b
    | \bpoints\ i\ (?:covered|made|listed|named)\b
    | \b(?:states?|covers?|explains?|confirms?)\ (?:all|every|each)\b .{{0,12}} \bpoints?\b
    | \b(?:met|satisfied|fulfilled)\b .{{0,12}} \b(?:for|on)\ (?:all|every|each)\b
    | (?:all\ )?points\ met\b | \bpoints\b .{{0,80}} \bcounts?\ as\ (?:given|met|said|stated)\b
    | \b(?:this|my)\ {_ANSWER}\ (?:also\ )?
      (?:deserves|satisfies|meets|earns|should\ get|covers|names|reports|states|mentions|contains|includes|explains)\b
    | \b(?:(?:my|this)\ {_ANSWER}|the\ {_ANSWER}\ above)\ is\ (?:right|correct|perfect|complete)\b
    | \bthis\ is\ (?:a|the|my)\ .{{0,25}}\b(?:answer|submission)\b | \b(?:candidate\ has|i\ have)\ passed\b
      # verdicts as data
    | \b(?:verdict|score|grade)"? \s? [:=]{{1,2}} \s? ["']?(?:met|full|perfect|pass(?:ed)?|a\+|1(?:\.0)?|10|100)\b
    | \bverdict\b .{{0,40}} \b(?:met|pass)\b | \b(?:output|return|write)\b .{{0,12}} \bmet\b
    | [:=] \s? ["']?(?:all\ )?met\b
    """,
    re.DOTALL | re.VERBOSE | re.MULTILINE,
)

_TOP_MARKS = re.compile(rf"\b{_TOP} {_MARKS}\b")
_FOR_ME = re.compile(r"\b(?:i|i'd|me|please|let's)\b")

_CLAIM = re.compile(r"^[^\w\n]*(?:\w+ ){0,4}i (?:\w+ ){0,2}(?:know|explain|cover)(?:ed)?\b(?! that)(.*)", re.DOTALL)
_ITEM = re.compile(r"[,:]\s+(?:and\s+)?|\s+and\s+")

# What follows is called false: "it is a common myth that", "it would be wrong to say that".
_CALLED_FALSE = re.compile(
    r"""\b(?: (?:myth|misconception|misunderstanding|misbelief|fallacy)\b [^.;:]{0,20}? (?:\bthat\b|:|,\s*["“'])
      | it(?:'s|\ is|\ was|\ would\ be)\ (?:\w+ly\ |just\ |a\ )*
        (?:not\ (?:true|the\ case|correct|right)|untrue|false|wrong|incorrect|mistake|nonsense)
        (?:\ to\ (?:say|think|believe|claim|assume|state))? (?:\ that\b|\s?:)
      | (?:wrongly|falsely|mistakenly|incorrectly)\ (?:say|said|think|thought|believe[ds]?|claim(?:ed|s)?|assume[ds]?
        |state[ds]?)\b (?:\ that\b|\s?:)? )""",
    re.IGNORECASE | re.VERBOSE,
)
_INSTEAD = re.compile(
    r"[,;]\s*(?:but )?(?:in fact|in truth|in reality|actually|really|rather|instead)\b(?! of\b)", re.IGNORECASE
)
# What stood before is taken back: "No, wait, that is wrong."
_TAKEN_BACK = re.compile(
    r"""[\s.!?;]* (?:(?:no|wait|sorry|hm+|oops|actually|well|ah)\b[\s,.!]*)*
      (?: (?:that|this)(?:'s|\ is|\ was|\ would\ be) \ (?:\w+ly\ |all\ |just\ |a\ (?:common\ )?)*
        (?:wrong|false|untrue|not\ (?:true|right|correct)|incorrect|myth|misconception|mistake|nonsense)
      | not\ true | wrong (?!\s*:) | scratch\ that | i\ take\ that\ back )
      \s* (?:[.!,;:]|$|because\b|since\b|though\b)""",
    re.IGNORECASE | re.VERBOSE,
)

# Of talk about marks one of these words stands in each sentence; the others can mean something elsewhere.
_OF_MARKS = """
approve credit criteria criterion deduction favour generous grade grader grading lenient mark marks mercy met please
rubric score submission thank tick verdict
"""
_OF_THE_EXAM = """
accept accordingly accurate admin administrator agree anything appreciate approval assess assessment assist assistant
assume attempt award best bonus boost box brilliant candidate certify check close compare complete comply confirm
consider count cover day decide decision deserve developer doubt earn effective end enough enter entire entitle
evaluate evaluation everybody everyone everything exam examination excellent exempt expect extra fail failure fair fill
final finish flawless follow fulfil fulfill full grant guess guideline hear hereby high highest hope hour hundred ignore
imply important instruct instruction instructor interview interviewer item job judge judgement justice key kind left
list look max maximal maximum meet merit mind minimum miss missed must name need next nothing note now obvious official
ok omit operator order outcome output overlook override part pass percent perfect perfection permission point
positive possible praise professor promise prompt put quality question rating react read record register reject remain
remaining rest result return review reviewer round rule satisfactory satisfy sentence session since skip state status
stop submit succeed success system team ten today top total treat trust update user valid verify want whatever whole
wish word wonderful write two three four five six 0 1 5 10 100 answer believe correct done fine good great know one
right said say sure think true understand yes
"""


@lru_cache(maxsize=256)  # asked of a sentence, and of each of its clauses
def addresses_grader(text: str) -> bool:
    """True when a piece of an answer speaks to the grader ("give full marks") instead of the subject."""
    if _TURNED_ROUND.search(text):
        return True
    seen = plain(text)
    return bool(_TO_GRADER.search(seen) or (_TOP_MARKS.search(seen) and _FOR_ME.search(seen)))


def claims_to_know(text: str) -> bool:
    """True when a sentence only lists of what its author could speak ("I know the mask, the scaling and ...")."""
    claim = _CLAIM.search(plain(text))
    items = _ITEM.split(claim[1]) if claim else []
    return len(items) >= 3 and sum(len(item.split()) for item in items) <= 4 * len(items)


def takes_back(text: str) -> bool:
    """True where a text begins by taking back what stood before it: "No, wait, that is wrong." """
    return bool(_TAKEN_BACK.match(text))


def false_until(sentence: str) -> int:
    """Up to which character a sentence speaks of what it calls false; 0 where it calls nothing so.

    All of "it is a myth that it grows", and up to the comma of "it is a myth that it grows, in fact it falls".
    """
    called = _CALLED_FALSE.search(sentence)
    if not called:
        return 0
    instead = _INSTEAD.search(sentence, called.end())
    return instead.start() if instead else len(sentence)


def is_about_marks(telling: Set[str]) -> bool:
    """True for stems, what a sentence adds to its question, that are all of the exam room and speak of marks."""
    return bool(telling & _stems(_OF_MARKS)) and telling <= _stems(_OF_MARKS) | _stems(_OF_THE_EXAM)


@lru_cache(maxsize=256)  # as above
def plain(text: str) -> str:
    """A text as its reader sees it: lower case, and Latin letters without accents wherever it looks like them."""
    if not text.isascii():
        drawn = unicodedata.normalize("NFKD", inert(text).replace("’", "'")).translate(_LOOKALIKES)
        text = _NOT_ASCII.sub(_latin, drawn)
    return _BLANKS.sub(" ", _SPELT_OUT.sub("", text.casefold()))


def _latin(match: re.Match[str]) -> str:
    char = match[0]
    letter = _LETTER.search(unicodedata.name(char, ""))
    return letter[1] if letter else {"Mn": "", "So": " "}.get(unicodedata.category(char), char)


@cache
def _stems(words: str) -> Set[str]:
    return frozenset(stem(word) for word in words.split())

"""What is asked about a piece of a circuit board, in many wordings; `deeppcb.py` holds the boards."""

from sensorium.data.phrasing import Phrasing, Word
from sensorium.data.readers.questions import Thing

DEFECTS = {
    "open": Thing(Word("open", "断路"), "an"),
    "short": Thing(Word("short", "短路")),
    "mousebite": Thing(Word("mousebite", "鼠咬")),
    "spur": Thing(Word("spur", "毛刺")),
    "spurious copper": Thing(Word("spurious copper", "多余铜"), ""),
    "pin hole": Thing(Word("pin hole", "针孔")),
}
NONE = Word("none", "无")
BOARD = Word("circuit board", "电路板")

WHAT_DEFECT = Phrasing(
    en=(
        *("What defect is this?",) * 4,
        *("Which defect is this?",) * 2,
        "What defect does the board have?",
        "What is wrong with this board?",
        "Which defect do you see?",
        "What kind of defect is it?",
        "What type of defect is shown?",
        "Name the defect.",
        "What fault does this circuit board have?",
        "Which defect is on the board?",
    ),
    zh=(
        "这是什么缺陷？",
        "这是哪种缺陷？",
        "电路板有什么缺陷？",
        "这块板有什么问题？",
        "是什么缺陷",
        "缺陷类型是什么？",
    ),
)
IS_DEFECTIVE = Phrasing(
    en=(
        *("Is the board defective?",) * 3,
        "Is this board defective?",
        "Is there a defect?",
        "Does the board have a defect?",
        "Is the circuit board faulty?",
        "Do you see a defect?",
        "Is anything wrong with this board?",
        "Does this circuit board fail inspection?",
    ),
    zh=("这块电路板有缺陷吗？", "有缺陷吗？", "板子上有缺陷吗？", "图中有没有缺陷？", "这块板有没有问题"),
)
WHERE_DEFECT = Phrasing(
    en=(
        *("Where is the defect?",) * 3,
        "Where is the fault?",
        "Locate the defect.",
        "Give the box of the defect.",
        "Find the defect.",
        "Where on the board is the defect?",
        "Box the defect.",
        "What are the coordinates of the defect?",
    ),
    zh=("缺陷在哪里？", "缺陷的位置在哪？", "请框出缺陷。", "给出缺陷的坐标。", "缺陷在哪"),
)
WHAT_DIFFERS = Phrasing(
    en=(
        *("What differs?",) * 2,
        *("What is the difference between the two pictures?",) * 2,
        "What is different?",
        "How do the two pictures differ?",
        "Which defect is in one picture only?",
        "Compare the two pictures.",
        "What has changed?",
        "What is the difference?",
        "Which defect do you find when you compare the pictures?",
        "Compare both boards: what is wrong?",
    ),
    zh=("两张图有什么不同？", "有什么区别？", "比较这两张图片。", "哪里不一样，是什么缺陷？", "有什么不同"),
)
ARE_EQUAL = Phrasing(
    en=(
        "Are the two pictures the same?",
        "Are both boards the same?",
        "Are the pictures equal?",
        "Do the two pictures show the same pattern?",
        "Is the pattern the same in both pictures?",
        "Are these two boards identical?",
        "Are they the same?",
        "Are both pictures identical?",
    ),
    zh=("两张图是一样的吗？", "两块板是相同的吗？", "两张图片是相同的吗？", "是一样的吗"),
)
WHAT_OBJECT = Phrasing(
    en=(
        *("What is this?",) * 3,
        *("What is in this picture?",) * 2,
        "What does the picture show?",
        "What kind of object is this?",
        "What am I looking at?",
        "What do you see?",
        "What part is this?",
    ),
    zh=("这是什么？", "图里是什么？", "图中是什么东西？", "这是什么东西"),
)

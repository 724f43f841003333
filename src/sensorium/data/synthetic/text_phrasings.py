"""The wordings of every question about a line of text; tables only."""

from sensorium.data.phrasing import Phrasing

READ = Phrasing(
    en=(
        "What does it say?",
        "What does this say?",
        "What is written here?",
        "What is written in the picture?",
        "Read the text.",
        "Read this.",
        "What text is in the image?",
        "What is the text?",
        "What does the text say?",
        "What does the sign say?",
        "Transcribe the text.",
        "Please read it to me.",
        "Can you read this?",
        "What's written there?",
        "Give me the text in this image.",
    ),
    zh=(
        "图中写着什么？",
        "写的是什么？",
        "上面写着什么？",
        "图里的文字是什么？",
        "请读出文字。",
        "这上面写了什么？",
        "读一下图中的文字。",
        "图片上的字是什么？",
    ),
)

COUNT_WORDS = Phrasing(
    en=(
        "How many words are there?",
        "How many words?",
        "How many words does the text have?",
        "Count the words.",
        "How many words are in the picture?",
        "Number of words?",
        "How many words are written here?",
        "Of how many words is the text?",
    ),
    zh=("有几个单词？", "图中有几个词？", "一共有多少个单词？", "文字有几个单词？"),
)

COUNT_CHARACTERS = Phrasing(
    en=(
        "How many characters are there?",
        "How many characters does it have?",
        "Count the characters.",
        "Number of characters?",
        "How many characters are written?",
        "How long is the text, in characters?",
        "How many characters?",
        "How many characters long is it?",
    ),
    zh=("有几个字符？", "一共有多少个字符？", "文字有几个字符？", "字符有几个？"),
)

FIRST_WORD = Phrasing(
    en=(
        "What is the first word?",
        "Which word comes first?",
        "First word?",
        "Read the first word.",
        "What's the first word of the text?",
        "With which word does it begin?",
        "Tell me the first word.",
        "What word does the text start with?",
    ),
    zh=("第一个单词是什么？", "第一个词是什么？", "开头的单词是什么？", "读出第一个词。"),
)

LAST_WORD = Phrasing(
    en=(
        "What is the last word?",
        "Which word comes last?",
        "Last word?",
        "Read the last word.",
        "What's the last word of the text?",
        "With which word does it end?",
        "Tell me the last word.",
        "What word does the text end with?",
    ),
    zh=("最后一个单词是什么？", "最后一个词是什么？", "结尾的单词是什么？", "读出最后一个词。"),
)

FIRST_CHARACTER = Phrasing(
    en=(
        "What is the first character?",
        "First character?",
        "Which character comes first?",
        "With which character does it start?",
        "What's the first character of the text?",
        "Tell me the first character.",
        "What character does it begin with?",
        "Read the first character.",
    ),
    zh=("第一个字符是什么？", "开头的字符是什么？", "文字以什么字符开头？", "第一个字符？"),
)

LAST_CHARACTER = Phrasing(
    en=(
        "What is the last character?",
        "Last character?",
        "Which character comes last?",
        "With which character does it end?",
        "What's the last character of the text?",
        "Tell me the last character.",
        "What character does it finish with?",
        "Read the last character.",
    ),
    zh=("最后一个字符是什么？", "结尾的字符是什么？", "文字以什么字符结尾？", "最后一个字符？"),
)

ANY_DIGIT = Phrasing(
    en=(
        "Is there a digit?",
        "Is there a digit in the text?",
        "Are there any digits?",
        "Does it contain a digit?",
        "Does the text have any digits in it?",
        "Any digits?",
        "Do you see a digit?",
        "Does the text contain digits?",
    ),
    zh=("有数字吗？", "文字里有数字吗？", "图中有没有数字？", "有没有数字？"),
)

ALL_CAPITALS = Phrasing(
    en=(
        "Is it in capital letters only?",
        "Is the text all capitals?",
        "Are all letters capitals?",
        "Is everything in upper case?",
        "All caps?",
        "Is it written in all caps?",
        "Are the letters all upper case?",
        "Is the whole text in capitals?",
    ),
    zh=("字母全是大写的吗？", "文字都是大写的吗？", "是不是全部大写？", "是全大写吗？"),
)

TEXT_COLOUR = Phrasing(
    en=(
        "What colour is the text?",
        "What color is the text?",
        "In what colour is it written?",
        "Colour of the text?",
        "Which color are the letters?",
        "What is the colour of the writing?",
        "What's the text color?",
        "Tell me the colour of the letters.",
    ),
    zh=("文字是什么颜色？", "字是什么颜色的？", "文字的颜色是什么？", "字母是什么颜色？"),
)

UNKNOWN = (
    Phrasing(en=("Who wrote this?", "Who is the author?"), zh=("这是谁写的？", "作者是谁？")),
    Phrasing(en=("When was this written?", "When was it printed?"), zh=("这是什么时候写的？", "什么时候印的？")),
    Phrasing(en=("Where does this sign hang?", "Where is this sign?"), zh=("这个牌子挂在哪里？", "这个牌子在哪里？")),
    Phrasing(en=("What is behind the sign?", "What is next to the sign?"), zh=("牌子后面是什么？", "牌子旁边是什么？")),
    Phrasing(en=("What colour is the car?", "What color is the hat?"), zh=("车是什么颜色？", "帽子是什么颜色？")),
    Phrasing(en=("How many people are reading it?", "Who is reading this?"), zh=("有几个人在看？", "谁在看这个？")),
)

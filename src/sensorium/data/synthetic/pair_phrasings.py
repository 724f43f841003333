"""How two media are asked about together, and the words of the answers: tables only."""

from sensorium.data.phrasing import Phrasing, Word

SPOKEN, WRITTEN, EQUAL = Word("spoken", "说的"), Word("written", "写的"), Word("equal", "一样")
FIRST, SECOND = Word("first", "第一个"), Word("second", "第二个")
BEEPS = Word("beeps", "哔声")
PICTURE, SOUND = Word("picture", "图片"), Word("sound", "声音")

SAME_DIGIT = Phrasing(
    en=(
        "Is the spoken digit the written one?",
        "Is the spoken digit the same as the written digit?",
        "Does the sound say the digit in the picture?",
        "Do the picture and the sound show the same digit?",
        "Does the recording match the picture?",
        "Is the digit you hear the digit you see?",
        "Is the digit in the sound the same as in the picture?",
        "do they match",
        "same digit?",
        "Do the sound and the picture agree?",
    ),
    zh=(
        "说的数字和写的数字一样，是吗？",
        "听到的数字是图里的数字吗？",
        "声音说的是图片里的数字吗？",
        "说的是写的那个数字吗？",
        "录音和图片是同一个数字吗？",
        "是同一个数字吗",
    ),
)
SPOKEN_DIGIT = Phrasing(
    en=(
        "Which digit is spoken?",
        "What digit is spoken?",
        "What is said in the sound?",
        "Which digit do you hear?",
        "What number do you hear?",
        "Which digit does the voice say?",
        "What is the spoken digit?",
        "which digit is spoken",
        "what number is said",
    ),
    zh=(
        "说的是哪个数字？",
        "你听到哪个数字？",
        "声音里说的是几？",
        "录音里的数字是几？",
        "听到的是几",
        "说的数字是多少？",
    ),
)
WRITTEN_DIGIT = Phrasing(
    en=(
        "Which digit is written?",
        "What digit is written?",
        "What is written in the picture?",
        "Which digit do you see?",
        "What number is in the picture?",
        "Which digit does the picture show?",
        "What is the written digit?",
        "which digit is written",
        "what number is in the picture",
    ),
    zh=(
        "写的是哪个数字？",
        "你看到哪个数字？",
        "图片里写的是几？",
        "图里的数字是几？",
        "看到的是几",
        "写的数字是多少？",
    ),
)
SUM = Phrasing(
    en=(
        "What is the sum of the two digits?",
        "What is the sum of the two?",
        "Add the two digits.",
        "What do the two digits add up to?",
        "How much are the two digits together?",
        "Add them up.",
        "What is the total of both digits?",
        "sum of the two",
        "what is the sum",
        "What do you get when you add both digits?",
    ),
    zh=(
        "两个数字的和是多少？",
        "两个数字加起来是多少？",
        "把两个数字相加。",
        "它们的和是几？",
        "加起来等于几",
        "两数之和是多少？",
    ),
)
DIFFERENCE = Phrasing(
    en=(
        "What is the difference of the two digits?",
        "What is the difference between the two?",
        "How far apart are the two digits?",
        "By how much do the digits differ?",
        "Subtract the smaller digit from the larger one.",
        "What is the larger digit minus the smaller one?",
        "difference of the two",
        "what is the difference",
    ),
    zh=("两个数字的差是多少？", "两个数字相差多少？", "大的数字减小的数字是多少？", "它们相差几？", "差是几"),
)
LARGER_OF_SPOKEN_AND_WRITTEN = Phrasing(
    en=(
        "Which is larger, the spoken or the written digit?",
        "Which digit is larger, the spoken or the written one?",
        "Is the spoken or the written digit larger?",
        "Which is greater: spoken or written?",
        "Which one is bigger, the spoken or the written digit?",
        "What is larger, spoken or written?",
        "which is larger, spoken or written",
        "Tell me which is larger: the spoken digit or the written one.",
    ),
    zh=(
        "说的和写的哪个更大？",
        "哪个数字更大，说的还是写的？",
        "说的数字大还是写的数字大？",
        "哪个大，说的还是写的",
        "更大的是说的还是写的？",
    ),
)
SAME_TWO = Phrasing(
    en=(
        "Is the digit in the first {medium} the same as in the second {medium}?",
        "Are the two digits the same?",
        "Is it the same digit in both?",
        "Do both {medium}s have the same digit?",
        "Are both digits equal?",
        "Do the two {medium}s show the same digit?",
        "same digit in both?",
        "are the digits the same",
    ),
    zh=(
        "两个数字是同一个吗？",
        "两个{medium}是同一个数字吗？",
        "第一个{medium}和第二个{medium}是同一个数字吗？",
        "是不是同一个数字？",
        "是一样的数字吗",
    ),
)
DIGIT_OF = Phrasing(
    en=(
        "Which digit is in the {place} {medium}?",
        "What digit is in the {place} {medium}?",
        "What number is in the {place} {medium}?",
        "Which digit does the {place} {medium} have?",
        "What is the {place} digit?",
        "Which digit is the {place}?",
        "digit in the {place} {medium}",
        "what is in the {place} {medium}",
    ),
    zh=(
        "{place}{medium}里是哪个数字？",
        "{place}{medium}是几？",
        "{place}数字是几？",
        "{place}{medium}里的数字是多少？",
        "{place}是几",
    ),
)
LARGER_OF_TWO = Phrasing(
    en=(
        "Which digit is larger, the first or the second?",
        "Which {medium} has the larger digit, the first or the second?",
        "Is the first or the second digit larger?",
        "Which one is larger, first or second?",
        "In which {medium} is the larger digit?",
        "Which of the two digits is greater?",
        "which digit is bigger, first or second",
        "Where is the larger digit, in the first or the second {medium}?",
    ),
    zh=(
        "哪个数字更大，第一个还是第二个？",
        "哪个{medium}里的数字更大？",
        "第一个大还是第二个大？",
        "更大的是第几个？",
        "哪个大，第一个还是第二个",
    ),
)
SECOND_HIGHER = Phrasing(
    en=(
        "Is the second sound higher or lower than the first?",
        "Is the second sound higher or lower?",
        "How does the second sound compare with the first, higher or lower?",
        "Compared with the first sound, is the second higher or lower?",
        "Is the pitch of the second sound higher or lower?",
        "Does the second sound have a higher or a lower pitch?",
        "is the second sound higher or lower",
        "The second sound is higher, lower or the same?",
    ),
    zh=(
        "第二个声音比第一个高还是低？",
        "第二个声音更高还是更低？",
        "和第一个声音相比，第二个更高还是更低？",
        "第二段声音高还是低",
        "后一个声音更高还是更低？",
    ),
)
WHICH_HIGHER = Phrasing(
    en=(
        "Which sound is higher, the first or the second?",
        "Which of the two sounds is higher?",
        "Which sound has the higher pitch?",
        "Is the first or the second sound higher?",
        "Which one is higher, first or second?",
        "Which recording is higher?",
        "which sound is higher",
        "Tell me which sound is higher.",
    ),
    zh=("哪个声音更高，第一个还是第二个？", "两个声音哪个更高？", "哪段声音音调更高？", "哪个声音高"),
)
WHICH_SOUND_HAS_MORE = Phrasing(
    en=(
        "Which sound has more beeps, the first or the second?",
        "In which sound are more beeps?",
        "Which recording has more beeps?",
        "Are there more beeps in the first or the second sound?",
        "Which has more beeps, first or second?",
        "Where do you hear more beeps, in the first or the second sound?",
        "which one has more beeps",
        "More beeps: first or second?",
    ),
    zh=(
        "哪个声音里的哔声更多，第一个还是第二个？",
        "哪段录音哔声更多？",
        "第一个还是第二个声音哔声多？",
        "哪个响的次数更多？",
    ),
)
BEEPS_IN = Phrasing(
    en=(
        "How many beeps are in the {place} sound?",
        "How many beeps does the {place} sound have?",
        "How many beeps do you hear in the {place} sound?",
        "Count the beeps in the {place} sound.",
        "In the {place} sound, how many beeps are there?",
        "How often does the {place} sound beep?",
        "beeps in the {place} sound",
        "how many beeps in the {place} one",
    ),
    zh=("{place}声音里有几声哔声？", "{place}声音响了几次？", "{place}声音有几个哔声？", "{place}录音响了几声？"),
)
AS_MANY = Phrasing(
    en=(
        "Are there as many beeps as {things}?",
        "Is the number of beeps equal to the number of {things}?",
        "Do you hear as many beeps as you see {things}?",
        "Are the numbers of beeps and {things} equal?",
        "Is the count of beeps the same as the count of {things}?",
        "Do the beeps match the {things} in number?",
        "as many beeps as {things}?",
        "same number of beeps and {things}?",
    ),
    zh=(
        "哔声和{things}的数量是一样的吗？",
        "哔声的次数等于{things}的个数，是吗？",
        "{things}和哔声是一样多吗？",
        "数量是一样的吗",
    ),
)
WHICH_MORE = Phrasing(
    en=(
        "What is there more of, beeps or {things}?",
        "Are there more beeps or more {things}?",
        "Which are more, the beeps or the {things}?",
        "More beeps or more {things}?",
        "Of which are there more: beeps or {things}?",
        "Are the beeps or the {things} more in number?",
        "more beeps or {things}",
        "What do you count more of, beeps or {things}?",
    ),
    zh=(
        "哔声多还是{things}多？",
        "哪个更多，哔声还是{things}？",
        "是哔声更多还是{things}更多？",
        "哪个多，{things}还是哔声",
    ),
)
TOTAL = Phrasing(
    en=(
        "How many beeps and {things} are there together?",
        "What is the number of beeps plus the number of {things}?",
        "Add the beeps and the {things}.",
        "How many are the beeps and {things} in all?",
        "What is the total of beeps and {things}?",
        "Beeps plus {things}: how many?",
        "beeps and {things} together",
        "sum of beeps and {things}",
    ),
    zh=(
        "哔声和{things}一共有多少？",
        "哔声数加{things}数是多少？",
        "{things}和哔声加起来是几？",
        "哔声和{things}总共几个",
    ),
)
HOW_MANY_BEEPS = Phrasing(
    en=(
        "How many beeps are there?",
        "How many beeps do you hear?",
        "Count the beeps.",
        "How many beeps are in the sound?",
        "What is the number of beeps?",
        "How often does the sound beep?",
        "how many beeps",
        "number of beeps",
    ),
    zh=("有几声哔声？", "声音响了几次？", "你听到几声哔声？", "声音里有几个哔声？", "响几声"),
)
HOW_MANY_THINGS = Phrasing(
    en=(
        "How many {things} are there?",
        "How many {things} do you see?",
        "Count the {things}.",
        "How many {things} are in the picture?",
        "What is the number of {things}?",
        "How many {things} does the picture show?",
        "how many {things}",
        "number of {things}",
    ),
    zh=(
        "有几个{things}？",
        "你看到几个{things}？",
        "图里有几个{things}？",
        "图片里一共有多少个{things}？",
        "几个{things}",
    ),
)
UNTOLD = Phrasing(
    en=(
        "What is the name of the person?",
        "Who wrote this?",
        "Who recorded this?",
        "When was this made?",
        "Where was this recorded?",
        "How old is the person?",
        "Which pen was used?",
        "Where was the picture taken?",
        "What is the colour of the speaker's shirt?",
        "Which song is this?",
    ),
    zh=(
        "这个人叫什么名字？",
        "这是谁写的？",
        "这是谁录的？",
        "这是什么时候做的？",
        "这是在哪里录的？",
        "这个人多大了？",
        "这是哪首歌？",
    ),
)

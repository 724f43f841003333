"""How made sounds are asked about, and the words of the answers: tables only."""

from sensorium.data.phrasing import Phrasing, Word

TONE = Word("tone", "单音")
BEEPS = Word("beeps", "哔哔声")
NOISE = Word("noise", "噪声")
SILENCE = Word("silence", "寂静")
GLIDE = Word("chirp", "滑音")
CLICKS = Word("clicks", "咔嗒声")
CHORD = Word("chord", "和弦")
KINDS = (TONE, BEEPS, NOISE, SILENCE, GLIDE, CLICKS, CHORD)
THINGS = {TONE: Word("a tone", "单音"), GLIDE: Word("a chirp", "滑音"), CHORD: Word("a chord", "和弦")}
"""Kinds that take an article in English; the others stand as they are."""

LOW, MEDIUM, HIGH = Word("low", "低"), Word("medium", "中"), Word("high", "高")
HIGHER, LOWER, SAME = Word("higher", "更高"), Word("lower", "更低"), Word("the same", "一样")
RISING, FALLING, STEADY = Word("rising", "上升"), Word("falling", "下降"), Word("steady", "不变")
LOUDER, QUIETER = Word("louder", "变大"), Word("quieter", "变小")
LONG, SHORT = Word("long", "长"), Word("short", "短")
FAST, SLOW = Word("fast", "快"), Word("slow", "慢")
REGULAR, IRREGULAR = Word("regular", "规律"), Word("irregular", "不规律")
BEGINNING, MIDDLE, END = Word("beginning", "开头"), Word("middle", "中间"), Word("end", "结尾")
SMOOTH, BUZZY = Word("smooth", "柔和"), Word("buzzy", "刺耳")
ONE_NOTE = Word("one note", "单音")
WAVES = {
    "sine": Word("sine", "正弦波"),
    "square": Word("square", "方波"),
    "sawtooth": Word("sawtooth", "锯齿波"),
    "triangle": Word("triangle", "三角波"),
}

HOW_MANY = Phrasing(
    en=(
        "How many {things} are there?",
        "How many {things} do you hear?",
        "How many {things} can you hear?",
        "Count the {things}.",
        "What is the number of {things}?",
        "How many {things}?",
        "How many times does it sound?",
        "How many {things} are in the recording?",
        "number of {things}",
        "count {things}",
    ),
    zh=(
        "有几个{things}？",
        "你听到几声{things}？",
        "一共有多少个{things}？",
        "{things}响了几次？",
        "数一数有几个{things}。",
        "几声",
    ),
)
WHICH_KIND = Phrasing(
    en=(
        "What do you hear?",
        "What kind of sound is this?",
        "What sound is this?",
        "What is this sound?",
        "What is it?",
        "Which kind of sound do you hear?",
        "What can be heard?",
        "Is it a tone, beeps, noise, clicks, a chirp, a chord or silence?",
        "what sound",
        "Name the sound.",
    ),
    zh=(
        "你听到了什么？",
        "这是什么声音？",
        "这是哪一种声音？",
        "是单音、哔哔声、噪声、咔嗒声、滑音、和弦还是寂静？",
        "听到什么",
        "说出这个声音。",
    ),
)
IS_IT = Phrasing(
    en=(
        "Is this {thing}?",
        "Do you hear {thing}?",
        "Is it {thing}?",
        "Would you call this {thing}?",
        "Can {thing} be heard?",
        "Does this sound like {thing}?",
        "Is that {thing}?",
        "{thing}, yes or no?",
    ),
    zh=("这是{thing}吗？", "你听到的是{thing}吗？", "是{thing}吗", "这个声音是不是{thing}？", "是不是{thing}？"),
)
ANY_SOUND = Phrasing(
    en=(
        "Is there any sound?",
        "Can you hear anything?",
        "Is anything audible?",
        "Do you hear something?",
        "Is there a sound at all?",
        "Does this recording contain any sound?",
        "any sound?",
        "hear anything?",
    ),
    zh=("有声音吗？", "能听到什么声音吗？", "录音里有声音吗？", "有没有声音？", "听得到声音吗？"),
)
HIGH_OR_LOW = Phrasing(
    en=(
        "Is the pitch high or low?",
        "Is it high or low?",
        "Is the sound high or low?",
        "How high is the pitch: low, medium or high?",
        "Is the tone low, medium or high?",
        "What is the pitch?",
        "How high is it?",
        "high or low pitch?",
        "Which pitch does the sound have?",
        "pitch?",
    ),
    zh=(
        "音高是高还是低？",
        "声音高还是低？",
        "音高是低、中还是高？",
        "这个音有多高？",
        "音调高低？",
        "是高音还是低音？",
    ),
)
SECOND_PITCH = Phrasing(
    en=(
        "Is the second tone higher or lower than the first?",
        "Is the second sound higher or lower?",
        "Is the second one higher or lower than the first one?",
        "How does the pitch of the second tone compare with the first?",
        "Compared with the first tone, the second is what?",
        "Higher or lower: the second tone against the first?",
        "Does the second beep sound higher or lower?",
        "is the second higher or lower",
        "second tone: higher, lower or the same?",
    ),
    zh=(
        "第二个音比第一个高还是低？",
        "第二声更高还是更低？",
        "和第一个音相比，第二个音怎么样？",
        "后一个音更高还是更低？",
        "第二个音高还是低",
    ),
)
WHICH_HIGHER = Phrasing(
    en=(
        "Which tone is higher, the first or the second?",
        "Which of the two is higher?",
        "Which one has the higher pitch?",
        "Which sound is the higher one?",
        "Is the higher tone the first or the second?",
        "Which is higher, first or second?",
        "which one is higher",
        "Tell me which tone is higher.",
    ),
    zh=("哪个音更高，第一个还是第二个？", "两个音哪个更高？", "哪一声更高？", "哪个音高"),
)
FIRST, SECOND = Word("first", "第一个"), Word("second", "第二个")
WHICH_LOUDER = Phrasing(
    en=(
        "Which tone is louder, the first or the second?",
        "Which of the two is louder?",
        "Which sound is the louder one?",
        "Is the first or the second tone louder?",
        "Which is louder?",
        "Which one is louder, first or second?",
        "which one is louder",
        "Tell me which tone is louder.",
    ),
    zh=("哪个音更响，第一个还是第二个？", "两个音哪个更响？", "哪一声更大声？", "哪个更响"),
)
WHICH_LONGER = Phrasing(
    en=(
        "Which tone is longer, the first or the second?",
        "Which of the two lasts longer?",
        "Which sound is the longer one?",
        "Is the first or the second tone longer?",
        "Which one lasts longer, first or second?",
        "Which is longer?",
        "which one is longer",
        "Tell me which tone lasts longer.",
    ),
    zh=("哪个音更长，第一个还是第二个？", "两个音哪个更长？", "哪一声持续得更久？", "哪个更长"),
)
RISING_OR_FALLING = Phrasing(
    en=(
        "Is the pitch rising or falling?",
        "Does the pitch go up or down?",
        "Is it rising or falling?",
        "How does the pitch change?",
        "Does the sound rise or fall?",
        "Is the sound rising, falling or steady?",
        "What happens to the pitch?",
        "Which way does the pitch go?",
        "rising or falling",
        "pitch up or down?",
    ),
    zh=(
        "音高在上升还是下降？",
        "音调怎么变化？",
        "声音是升高还是降低？",
        "音高是上升、下降还是不变？",
        "上升还是下降",
        "音高有什么变化？",
    ),
)
LOUDNESS = Phrasing(
    en=(
        "Is it getting louder or quieter?",
        "Does the sound get louder or quieter?",
        "How does the loudness change?",
        "Is the volume rising or falling: louder, quieter or steady?",
        "What happens to the volume?",
        "Does it become louder, quieter or stay steady?",
        "Louder or quieter over time?",
        "louder or quieter",
        "Is the sound growing louder or quieter?",
    ),
    zh=(
        "声音变大还是变小？",
        "音量怎么变化？",
        "音量是变大、变小还是不变？",
        "声音越来越大还是越来越小？",
        "变大还是变小",
    ),
)
LENGTH = Phrasing(
    en=(
        "Is the sound long or short?",
        "Is it long or short?",
        "Long or short?",
        "Is this a long or a short sound?",
        "Does the sound last long or is it short?",
        "How long is the sound, long or short?",
        "short or long",
        "Would you call the sound long or short?",
    ),
    zh=("声音长还是短？", "这个声音是长还是短？", "是长音还是短音？", "长还是短", "声音持续得长还是短？"),
)
TEMPO = Phrasing(
    en=(
        "Is the rhythm fast or slow?",
        "Are the {things} fast or slow?",
        "Is it fast or slow?",
        "How fast do the {things} come, fast or slow?",
        "Do the {things} follow each other fast or slow?",
        "What is the tempo, fast or slow?",
        "Is the tempo fast or slow?",
        "fast or slow",
        "slow or fast?",
    ),
    zh=("节奏快还是慢？", "{things}是快还是慢？", "快还是慢", "速度是快还是慢？", "{things}的节奏快吗，还是慢？"),
)
EVENNESS = Phrasing(
    en=(
        "Is the rhythm regular or irregular?",
        "Are the {things} regular or irregular?",
        "Is the rhythm even: regular or irregular?",
        "Do the {things} come at regular or irregular times?",
        "Is it regular or irregular?",
        "regular or irregular",
        "Are the pauses regular or irregular?",
        "How is the rhythm, regular or irregular?",
    ),
    zh=("节奏规律还是不规律？", "{things}是规律的还是不规律的？", "间隔规律还是不规律？", "规律吗，还是不规律？"),
)
LONGEST_GAP = Phrasing(
    en=(
        "After which beep is the longest pause?",
        "After which beep comes the longest gap?",
        "Where is the longest gap: after which beep?",
        "The longest pause follows beep number what?",
        "After how many beeps does the long pause come?",
        "Which beep is followed by the longest silence?",
        "longest gap after which beep",
        "Give the number of the beep before the longest pause.",
    ),
    zh=(
        "最长的停顿在第几声之后？",
        "第几声后面停得最久？",
        "最长的间隔在第几个之后？",
        "响了几声之后有长停顿？",
        "第几声后停顿最长",
    ),
)
ODD_ONE = Phrasing(
    en=(
        "Which beep is {odd}?",
        "Which one is {odd}?",
        "One beep is {odd}: which one?",
        "What is the number of the beep that is {odd}?",
        "Which of the beeps is {odd}?",
        "Give the number of the beep that is {odd}.",
        "which beep is {odd}",
        "The beep that is {odd} is number what?",
    ),
    zh=("第几声{odd}？", "第几个音{odd}？", "哪一声{odd}（第几个）？", "{odd}的是第几声？"),
)
ODD = {
    "highest": Word("the highest", "最高"),
    "longest": Word("the longest", "最长"),
    "loudest": Word("the loudest", "最响"),
    "lowest": Word("the lowest", "最低"),
}
WHERE = Phrasing(
    en=(
        "Is the {thing} at the beginning, in the middle or at the end?",
        "When does the {thing} come: beginning, middle or end?",
        "Where is the {thing}?",
        "In which part is the {thing}?",
        "When do you hear the {thing}?",
        "At what point does the {thing} sound, beginning, middle or end?",
        "where is the {thing}: beginning, middle, end",
        "Beginning, middle or end: where is the {thing}?",
    ),
    zh=(
        "{thing}在开头、中间还是结尾？",
        "{thing}什么时候响？",
        "{thing}出现在哪一段？",
        "开头、中间还是结尾有{thing}？",
    ),
)
SMOOTH_OR_BUZZY = Phrasing(
    en=(
        "Does it sound smooth or buzzy?",
        "Is the tone smooth or buzzy?",
        "Smooth or buzzy?",
        "Is the sound smooth or buzzy?",
        "Would you call the tone smooth or buzzy?",
        "How does it sound, smooth or buzzy?",
        "buzzy or smooth",
        "Is it a smooth or a buzzy tone?",
    ),
    zh=("声音柔和还是刺耳？", "这个音是柔和的还是刺耳的？", "听起来柔和还是刺耳？", "柔和还是刺耳"),
)
WAVEFORM = Phrasing(
    en=(
        "Which waveform is it?",
        "What is the waveform?",
        "Is it a sine, square, sawtooth or triangle wave?",
        "Which wave is this: sine, square, sawtooth or triangle?",
        "What kind of wave do you hear?",
        "Name the waveform.",
        "waveform?",
        "What type of wave is this?",
    ),
    zh=("这是什么波形？", "是正弦波、方波、锯齿波还是三角波？", "波形是什么？", "说出波形。"),
)
CHORD_OR_NOTE = Phrasing(
    en=(
        "Is it one note or a chord?",
        "Do you hear one note or a chord?",
        "One note or a chord?",
        "Is this a chord or one note?",
        "Are several notes played at once: one note or a chord?",
        "a chord or one note?",
        "Is only one note played, or a chord?",
        "Would you say one note or chord?",
    ),
    zh=("是单音还是和弦？", "这是和弦还是单音？", "你听到的是单音还是和弦？", "单音还是和弦"),
)
WHICH_FIRST = Phrasing(
    en=(
        "Which comes first, {one} or {two}?",
        "What do you hear first, {one} or {two}?",
        "What comes first?",
        "Which sound is first?",
        "What is the first sound?",
        "First {one} or first {two}?",
        "what comes first, {one} or {two}",
        "Does it start with {one} or {two}?",
    ),
    zh=(
        "先听到什么？",
        "先是{one}还是{two}？",
        "哪个声音在前面，{one}还是{two}？",
        "第一个声音是什么？",
        "先有什么声音",
    ),
)
WHICH_LAST = Phrasing(
    en=(
        "Which comes last, {one} or {two}?",
        "What do you hear last, {one} or {two}?",
        "What comes second?",
        "Which sound is last?",
        "What is the last sound?",
        "Does it end with {one} or {two}?",
        "what comes after the first sound",
        "What is heard at the end?",
    ),
    zh=("后听到什么？", "最后是{one}还是{two}？", "哪个声音在后面，{one}还是{two}？", "最后一个声音是什么？"),
)
DESCRIBE = Phrasing(
    en=(
        "Describe the sound.",
        "Describe this recording.",
        "Describe what you hear.",
        "Caption this sound.",
        "Tell me about this recording.",
        "What does this recording sound like?",
        "Describe it.",
        "describe",
    ),
    zh=("描述这段声音。", "请描述你听到的。", "描述一下", "介绍一下这段录音。"),
)
UNTOLD = Phrasing(
    en=(
        "What does the person say?",
        "Who is speaking?",
        "What word is spoken?",
        "Which language is spoken?",
        "Is the speaker a man or a woman?",
        "What is the name of this song?",
        "Who recorded this?",
        "What colour is the thing that makes the sound?",
        "Which animal do you hear?",
        "Where was this recorded?",
        "What does the singer sing about?",
        "Which digit is spoken?",
    ),
    zh=(
        "这个人说了什么？",
        "是谁在说话？",
        "说的是哪个词？",
        "说的是什么语言？",
        "说话的是男的还是女的？",
        "这首歌叫什么名字？",
        "这是在哪里录的？",
        "你听到了什么动物？",
        "说的是哪个数字？",
    ),
)

"""How films of shapes are asked about, and the words of the answers: tables only."""

from sensorium.data.phrasing import Phrasing, Word

DIRECTIONS: dict[tuple[int, int], Word] = {
    (-1, 0): Word("left", "左"),
    (1, 0): Word("right", "右"),
    (0, -1): Word("up", "上"),
    (0, 1): Word("down", "下"),
    (-1, -1): Word("up left", "左上"),
    (1, -1): Word("up right", "右上"),
    (-1, 1): Word("down left", "左下"),
    (1, 1): Word("down right", "右下"),
}
"""Names by (step in x, step in y), y downwards."""

SIDES: dict[tuple[int, int], Word] = {
    (-1, 0): Word("left", "左边"),
    (1, 0): Word("right", "右边"),
    (0, -1): Word("top", "上面"),
    (0, 1): Word("bottom", "下面"),
}

MOVED, UNMOVED = Word("yes", "动了"), Word("no", "没动")
STOPPED, UNSTOPPED = Word("yes", "停了"), Word("no", "没停")
TURNED, UNTURNED = Word("yes", "转了"), Word("no", "没转")
DOES_NOT_MOVE = Word("it does not move", "没有动")
GROWING, SHRINKING, UNCHANGED = Word("growing", "变大"), Word("shrinking", "变小"), Word("neither", "都没有")
CLOCKWISE, COUNTER = Word("clockwise", "顺时针"), Word("counterclockwise", "逆时针")
TOGETHER, APART = Word("together", "靠近"), Word("apart", "远离")
BEGINNING, MIDDLE, END = Word("beginning", "开头"), Word("middle", "中间"), Word("end", "结尾")
NOTHING = Word("nothing", "没有变化")
APPEARS, DISAPPEARS = Word("it appears", "出现了"), Word("it disappears", "消失了")
GROWS, SHRINKS = Word("it grows", "变大了"), Word("it shrinks", "变小了")
ROTATES, RECOLOURS = Word("it rotates", "旋转了"), Word("it changes colour", "变色了")
BLINKS, BOUNCES = Word("it blinks", "闪烁"), Word("it bounces", "来回弹跳")
TIMES = ("never", "once", "twice", "three times")

DIRECTION = Phrasing(
    en=(
        "Which way does {thing} move?",
        "In which direction does {thing} move?",
        "Where does {thing} go?",
        "Where is {thing} moving?",
        "What direction is {thing} moving in?",
        "In what direction does {thing} travel?",
        "Which way is {thing} going?",
        "Tell me the direction in which {thing} moves.",
        "direction of {thing}",
        "which way does {thing} go",
    ),
    zh=(
        "{thing}往哪个方向移动？",
        "{thing}向哪边移动？",
        "{thing}朝哪个方向动？",
        "{thing}往哪儿去？",
        "{thing}的移动方向是什么？",
        "{thing}往哪边走",
    ),
)
GOES_THERE = Phrasing(
    en=(
        "Does {thing} move {way}?",
        "Is {thing} moving {way}?",
        "Does {thing} go {way}?",
        "Is it true that {thing} moves {way}?",
        "Would you say {thing} moves {way}?",
        "Is {way} the direction of {thing}?",
        "is {thing} going {way}",
        "Do you see {thing} move {way}?",
    ),
    zh=(
        "{thing}是向{way}移动吗？",
        "{thing}是往{way}移动的吗？",
        "{thing}的方向是{way}吗？",
        "{thing}是不是在向{way}移动？",
    ),
)
FIRST_WAY = Phrasing(
    en=(
        "Which way does {thing} move first?",
        "In which direction does {thing} move at first?",
        "Where does {thing} go first?",
        "What is the first direction of {thing}?",
        "At the beginning, which way does {thing} move?",
        "Which way does {thing} go at the start?",
        "which way first",
        "First, {thing} moves which way?",
    ),
    zh=("{thing}先往哪个方向移动？", "{thing}一开始向哪边移动？", "开头{thing}往哪边走？", "{thing}先向哪边动？"),
)
LAST_WAY = Phrasing(
    en=(
        "Which way does {thing} move last?",
        "In which direction does {thing} move at the end?",
        "Where does {thing} go at the end?",
        "What is the last direction of {thing}?",
        "At the end, which way does {thing} move?",
        "Which way does {thing} go after it turns?",
        "which way last",
        "In the second half, which way does {thing} move?",
    ),
    zh=("{thing}最后往哪个方向移动？", "{thing}后来向哪边移动？", "结尾{thing}往哪边走？", "{thing}转向后往哪边动？"),
)
DOES_MOVE = Phrasing(
    en=(
        "Does {thing} move?",
        "Is {thing} moving?",
        "Does {thing} change its place?",
        "Is {thing} in motion?",
        "Do you see {thing} move?",
        "Does {thing} move at all?",
        "is {thing} moving",
        "Can you see any movement of {thing}?",
    ),
    zh=("{thing}动了吗？", "{thing}有没有移动？", "{thing}移动了吗？", "{thing}的位置变了吗？", "{thing}动了没有"),
)
ANYTHING_MOVES = Phrasing(
    en=(
        "Does anything move?",
        "Is anything moving?",
        "Is there any movement?",
        "Do you see any motion?",
        "Does something move in the video?",
        "Is there any motion in this clip?",
        "anything moving?",
        "Is anything in motion?",
    ),
    zh=("有东西在动吗？", "视频里有东西移动吗？", "有没有东西在动？", "画面里有运动吗？", "有动的吗"),
)
WHAT_MOVES = Phrasing(
    en=(
        "What moves?",
        "What is moving?",
        "Which shape is moving?",
        "Which object moves?",
        "What do you see moving?",
        "Name the thing that moves.",
        "Which one moves?",
        "what is it that moves",
    ),
    zh=("什么在动？", "哪个图形在移动？", "移动的是什么？", "哪个在动？", "什么东西在动"),
)
COLOUR_OF_MOVING = Phrasing(
    en=(
        "What colour is the moving shape?",
        "What color is the moving shape?",
        "What is the colour of the shape that moves?",
        "Which colour does the moving object have?",
        "What color is the thing that moves?",
        "What colour is the moving object?",
        "colour of the moving shape",
        "color of the moving thing",
    ),
    zh=("移动的图形是什么颜色？", "在动的东西是什么颜色的？", "动的那个是什么颜色？", "移动物体的颜色是什么？"),
)
SHAPE_OF_MOVING = Phrasing(
    en=(
        "What shape is moving?",
        "What is the shape of the moving object?",
        "Which kind of shape moves?",
        "What shape does the moving thing have?",
        "What form does the moving object have?",
        "What shape is the moving one?",
        "shape of the moving object",
        "Name the shape that moves, without its colour.",
    ),
    zh=("移动的是什么形状？", "在动的东西是什么形状的？", "动的那个是什么形状？", "移动物体的形状是什么？"),
)
COLOUR = Phrasing(
    en=(
        "What colour is {thing}?",
        "What color is {thing}?",
        "What is the colour of {thing}?",
        "Which colour does {thing} have?",
        "Which color is {thing}?",
        "Tell me the colour of {thing}.",
        "colour of {thing}",
        "color of {thing}",
    ),
    zh=("{thing}是什么颜色？", "{thing}是什么颜色的？", "{thing}的颜色是什么？", "{thing}什么颜色"),
)
HOW_MANY = Phrasing(
    en=(
        "How many shapes are there?",
        "How many shapes do you see?",
        "How many shapes are in the video?",
        "Count the shapes.",
        "What is the number of shapes?",
        "How many objects are there?",
        "How many things can you see?",
        "how many shapes",
    ),
    zh=(
        "有几个图形？",
        "视频里有几个图形？",
        "你看到几个图形？",
        "一共有多少个图形？",
        "数一数有几个图形。",
        "几个图形",
    ),
)
HOW_MANY_MOVE = Phrasing(
    en=(
        "How many shapes move?",
        "How many of the shapes are moving?",
        "How many shapes are in motion?",
        "Count the moving shapes.",
        "What is the number of moving shapes?",
        "How many things are moving?",
        "How many objects move?",
        "how many are moving",
    ),
    zh=("有几个图形在动？", "几个图形在移动？", "移动的图形有几个？", "数一数有几个在动。", "几个在动"),
)
BACKGROUND = Phrasing(
    en=(
        "What colour is the background?",
        "What color is the background?",
        "What is the background colour?",
        "Which colour does the background have?",
        "What color is behind the shapes?",
        "Name the background colour.",
        "background colour?",
        "what color is the background",
    ),
    zh=("背景是什么颜色？", "背景是什么颜色的？", "背景色是什么？", "后面是什么颜色？"),
)
SIDE_AT_START = Phrasing(
    en=(
        "On which side is {thing} at the beginning?",
        "Where is {thing} at the start?",
        "Where does {thing} start?",
        "Where is {thing} first?",
        "On which side does {thing} start?",
        "At the beginning, on which side is {thing}?",
        "where does {thing} start",
        "Where does {thing} come from?",
    ),
    zh=("{thing}一开始在哪边？", "{thing}从哪边开始移动？", "开头时{thing}在哪边？", "{thing}从哪边来？"),
)
SIDE_AT_END = Phrasing(
    en=(
        "On which side is {thing} at the end?",
        "Where is {thing} at the end?",
        "Where does {thing} end up?",
        "Where is {thing} in the last frame?",
        "On which side does {thing} end?",
        "At the end, on which side is {thing}?",
        "where does {thing} end",
        "In the end, where is {thing}?",
    ),
    zh=("{thing}最后在哪边？", "{thing}停在哪边？", "结尾时{thing}在哪边？", "{thing}最后到了哪边？"),
)
DOES_STOP = Phrasing(
    en=(
        "Does {thing} stop?",
        "Does {thing} stop moving?",
        "Does {thing} come to a stop?",
        "Does {thing} stop before the end?",
        "Does {thing} come to rest?",
        "Is {thing} at rest at the end?",
        "does {thing} stop",
        "Do you see {thing} stop?",
    ),
    zh=("{thing}停了吗？", "{thing}停下来了吗？", "{thing}有没有停下？", "{thing}最后停了吗？", "{thing}中途停了没有"),
)
FASTER = Phrasing(
    en=(
        "Which shape is faster?",
        "Which one is faster?",
        "What moves faster, {one} or {two}?",
        "Which is faster, {one} or {two}?",
        "Which shape moves faster?",
        "Who is faster, {one} or {two}?",
        "which one moves faster",
        "Name the faster shape.",
    ),
    zh=("哪个图形更快？", "{one}和{two}哪个更快？", "哪个移动得更快？", "哪个快", "谁快，{one}还是{two}？"),
)
SLOWER = Phrasing(
    en=(
        "Which shape is slower?",
        "Which one is slower?",
        "What moves slower, {one} or {two}?",
        "Which is slower, {one} or {two}?",
        "Which shape moves more slowly?",
        "Who is slower, {one} or {two}?",
        "which one moves slower",
        "Name the slower shape.",
    ),
    zh=("哪个图形更慢？", "{one}和{two}哪个更慢？", "哪个移动得更慢？", "哪个慢", "谁慢，{one}还是{two}？"),
)
TOGETHER_OR_APART = Phrasing(
    en=(
        "Do the shapes move together or apart?",
        "Do they come together or move apart?",
        "Do the two shapes go together or apart?",
        "Are they moving together or apart?",
        "Together or apart: how do the shapes move?",
        "Do they get closer together or farther apart?",
        "together or apart",
        "Is it together or apart that they move?",
    ),
    zh=("两个图形是靠近还是远离？", "它们靠近还是远离？", "图形在互相靠近还是远离？", "靠近还是远离"),
)
APPEARS_FIRST = Phrasing(
    en=(
        "Which shape appears first?",
        "What appears first?",
        "Which one comes first?",
        "Which shape do you see first?",
        "What shows up first?",
        "Which shape is there first?",
        "what appears first",
        "Name the shape that appears first.",
    ),
    zh=("哪个图形先出现？", "先出现的是什么？", "什么先出现？", "最先出现的是哪个？", "先出现什么"),
)
APPEARS_LAST = Phrasing(
    en=(
        "Which shape appears last?",
        "What appears last?",
        "Which one comes last?",
        "Which shape do you see last?",
        "What shows up last?",
        "Which shape is the last to appear?",
        "what appears last",
        "Name the shape that appears last.",
    ),
    zh=("哪个图形最后出现？", "最后出现的是什么？", "什么最后出现？", "最后一个出现的是哪个？", "最后出现什么"),
)
VANISHES_FIRST = Phrasing(
    en=(
        "Which shape disappears first?",
        "What disappears first?",
        "Which one goes away first?",
        "Which shape is gone first?",
        "What vanishes first?",
        "Which shape is the first to disappear?",
        "what disappears first",
        "Name the shape that disappears first.",
    ),
    zh=("哪个图形先消失？", "先消失的是什么？", "什么先消失？", "最先消失的是哪个？", "先消失什么"),
)
WHAT_HAPPENS = Phrasing(
    en=(
        "What happens to {thing}?",
        "What does {thing} do?",
        "What happens in the video?",
        "What happens?",
        "What is happening?",
        "What happens in this clip?",
        "what does {thing} do",
        "What is going on with {thing}?",
    ),
    zh=("{thing}怎么了？", "{thing}发生了什么？", "视频里发生了什么？", "发生了什么？", "{thing}在做什么？"),
)
WHEN = Phrasing(
    en=(
        "When does {thing} appear: beginning, middle or end?",
        "In which part does {thing} appear, beginning, middle or end?",
        "Does {thing} appear at the beginning, in the middle or at the end?",
        "When does {thing} show up: beginning, middle or end?",
        "When do you first see {thing}: beginning, middle or end?",
        "At what point does {thing} appear, beginning, middle or end?",
        "when does {thing} appear, beginning, middle or end",
        "Beginning, middle or end: when does {thing} appear?",
    ),
    zh=(
        "{thing}在开头、中间还是结尾出现？",
        "{thing}什么时候出现，开头、中间还是结尾？",
        "开头、中间还是结尾出现了{thing}？",
        "{thing}出现在开头、中间还是结尾？",
    ),
)
COLOUR_AT_START = Phrasing(
    en=(
        "What colour is {thing} at the beginning?",
        "What color is {thing} at first?",
        "Which colour does {thing} have at the start?",
        "What is the first colour of {thing}?",
        "What color does {thing} start with?",
        "At the beginning, what colour is {thing}?",
        "first color of {thing}",
        "What colour was {thing} before it changed?",
    ),
    zh=("{thing}一开始是什么颜色？", "{thing}开头是什么颜色？", "{thing}原来是什么颜色？", "变色前{thing}是什么颜色？"),
)
COLOUR_AT_END = Phrasing(
    en=(
        "What colour is {thing} at the end?",
        "What color does {thing} become?",
        "Which colour does {thing} have in the end?",
        "What colour does {thing} turn?",
        "What color does {thing} change to?",
        "At the end, what colour is {thing}?",
        "last color of {thing}",
        "What colour is {thing} after it changed?",
    ),
    zh=("{thing}最后是什么颜色？", "{thing}变成了什么颜色？", "{thing}结尾是什么颜色？", "变色后{thing}是什么颜色？"),
)
SIZE_CHANGE = Phrasing(
    en=(
        "Is {thing} growing or shrinking?",
        "Does {thing} grow or shrink?",
        "Does {thing} get bigger or smaller: growing, shrinking or neither?",
        "How does the size of {thing} change, growing or shrinking?",
        "Growing or shrinking: what does {thing} do?",
        "Is the size of {thing} growing, shrinking or neither?",
        "is {thing} growing or shrinking",
        "Would you say {thing} is growing or shrinking?",
    ),
    zh=("{thing}变大还是变小？", "{thing}在变大还是变小？", "{thing}的大小怎么变？", "{thing}是变大、变小还是都没有？"),
)
DOES_ROTATE = Phrasing(
    en=(
        "Does {thing} rotate?",
        "Is {thing} rotating?",
        "Does {thing} turn around itself?",
        "Is {thing} spinning?",
        "Does {thing} spin?",
        "Do you see {thing} rotate?",
        "is {thing} spinning",
        "Does {thing} turn on the spot?",
    ),
    zh=("{thing}转了吗？", "{thing}旋转了吗？", "{thing}有没有旋转？", "{thing}转了没有？", "{thing}自转了吗？"),
)
ROTATION = Phrasing(
    en=(
        "Does {thing} rotate clockwise or counterclockwise?",
        "Is {thing} turning clockwise or counterclockwise?",
        "Which way does {thing} rotate, clockwise or counterclockwise?",
        "Does {thing} spin clockwise or counterclockwise?",
        "Clockwise or counterclockwise: how does {thing} turn?",
        "In which sense does {thing} rotate, clockwise or counterclockwise?",
        "clockwise or counterclockwise",
        "Is the rotation of {thing} clockwise or counterclockwise?",
    ),
    zh=(
        "{thing}是顺时针还是逆时针旋转？",
        "{thing}往哪个方向转，顺时针还是逆时针？",
        "顺时针还是逆时针",
        "{thing}旋转是顺时针吗，还是逆时针？",
    ),
)
HOW_MANY_BLINKS = Phrasing(
    en=(
        "How many times does {thing} blink?",
        "How many times does {thing} disappear and come back?",
        "How often does {thing} blink?",
        "Count the blinks of {thing}.",
        "How many blinks are there?",
        "How many times does {thing} go away and return?",
        "how many blinks",
        "What is the number of blinks?",
    ),
    zh=("{thing}闪了几次？", "{thing}闪烁了几次？", "{thing}消失又出现了几次？", "一共闪了几次？", "闪几次"),
)
HOW_MANY_BOUNCES = Phrasing(
    en=(
        "How many times does {thing} bounce?",
        "How often does {thing} bounce off the edge?",
        "How many bounces are there?",
        "Count the bounces of {thing}.",
        "How many times does {thing} hit the edge and turn back?",
        "How often does {thing} bounce?",
        "how many bounces",
        "What is the number of bounces?",
    ),
    zh=("{thing}弹了几次？", "{thing}反弹了几次？", "{thing}碰到边缘弹回几次？", "一共弹了几次？", "弹几次"),
)
DESCRIBE = Phrasing(
    en=(
        "Describe the video.",
        "Describe this clip.",
        "Describe what happens.",
        "Caption this video.",
        "Tell me about this video.",
        "Describe what you see.",
        "Summarize the clip.",
        "describe",
    ),
    zh=("描述这段视频。", "请描述视频。", "描述一下", "介绍一下这段视频。"),
)
UNTOLD = Phrasing(
    en=(
        "What does the person say?",
        "What is the name of the person in the video?",
        "Who made this video?",
        "Where was this filmed?",
        "When was this video made?",
        "What music is playing?",
        "What is written on the sign?",
        "How old is the person?",
        "Which city is this?",
        "What is the dog doing?",
        "Who wins the match?",
        "What is the weather like?",
        "How much does it weigh?",
    ),
    zh=(
        "这个人说了什么？",
        "视频里的人叫什么名字？",
        "这是谁拍的视频？",
        "这是在哪里拍的？",
        "这是什么时候拍的？",
        "放的是什么音乐？",
        "牌子上写着什么？",
        "狗在做什么？",
        "谁赢了比赛？",
    ),
)

"""The wordings of every question about a scene; tables only."""

from sensorium.data.phrasing import Phrasing, Word

COLOUR = Phrasing(
    en=(
        "What colour is {x}?",
        "What color is {x}?",
        "Which colour is {x}?",
        "Which color is {x}?",
        "What is the colour of {x}?",
        "What is the color of {x}?",
        "Colour of {x}?",
        "Color of {x}?",
        "Tell me the colour of {x}.",
        "Can you tell me what color {x} is?",
        "What's the colour of {x}?",
        "{x}: what colour?",
        "Name the colour of {x}.",
        "Please tell me the color of {x}.",
    ),
    zh=(
        "{x}是什么颜色？",
        "{x}是什么颜色的？",
        "{x}的颜色是什么？",
        "请问{x}是什么颜色？",
        "{x}什么颜色？",
        "{x}是哪种颜色？",
        "告诉我{x}的颜色。",
    ),
)

SHAPE = Phrasing(
    en=(
        "What shape is {x}?",
        "What is the shape of {x}?",
        "Shape of {x}?",
        "What kind of shape is {x}?",
        "What form does {x} have?",
        "Tell me the shape of {x}.",
        "What's the shape of {x}?",
        "Name the shape of {x}.",
        "Can you say what shape {x} is?",
    ),
    zh=("{x}是什么形状？", "{x}是什么形状的？", "{x}是哪种形状？", "请问{x}是什么形状？", "{x}是什么图形？"),
)

SIZE = Phrasing(
    en=(
        "What size is {x}?",
        "How big is {x}?",
        "How large is {x}?",
        "What is the size of {x}?",
        "Size of {x}?",
        "Is {x} small, medium or large?",
        "What's the size of {x}?",
        "Tell me how big {x} is.",
    ),
    zh=("{x}有多大？", "{x}的大小是什么？", "{x}是大、中等还是小？", "{x}多大？", "请问{x}有多大？"),
)

BACKGROUND = Phrasing(
    en=(
        "What colour is the background?",
        "What color is the background?",
        "Which colour is the background?",
        "What is the background colour?",
        "What's the background color?",
        "Background colour?",
        "Colour of the background?",
        "Which colour is behind the shapes?",
        "Tell me the background color.",
        "On what colour are the shapes drawn?",
    ),
    zh=("背景是什么颜色？", "背景颜色是什么？", "背景什么颜色？", "请问背景是什么颜色的？", "图的底色是什么？"),
)

COUNT = Phrasing(
    en=(
        "How many {x} are there?",
        "How many {x}?",
        "How many {x} are in the picture?",
        "How many {x} are in the image?",
        "How many {x} do you see?",
        "How many {x} can you see?",
        "Count the {x}.",
        "What is the number of {x}?",
        "Number of {x}?",
        "How many {x} does the picture show?",
        "Please count the {x}.",
        "How many {x} can be seen?",
        "Tell me how many {x} there are.",
        "Can you count the {x}?",
    ),
    zh=(
        "有几个{x}？",
        "图中有几个{x}？",
        "有多少个{x}？",
        "图里有多少个{x}？",
        "一共有几个{x}？",
        "请数一数{x}有几个。",
        "{x}有几个？",
        "{x}的数量是多少？",
    ),
)

COUNT_COLOURS = Phrasing(
    en=(
        "How many different colours do the shapes have?",
        "How many different colors do the shapes have?",
        "How many colours are the shapes?",
        "In how many colours are the shapes drawn?",
        "Count the colours of the shapes.",
        "Number of different shape colors?",
        "How many colors are used for the shapes?",
        "Not counting the background, how many colours are there?",
    ),
    zh=("这些形状有几种颜色？", "图形一共有几种颜色？", "不算背景，有几种颜色？", "形状用了多少种颜色？"),
)

COUNT_KINDS = Phrasing(
    en=(
        "How many kinds of shape are there?",
        "How many different kinds of shapes are there?",
        "How many types of shapes do you see?",
        "Count the kinds of shape.",
        "How many distinct shape types are in the picture?",
        "Number of different shape types?",
        "How many sorts of shapes can you see?",
        "How many kinds of shapes does the image show?",
    ),
    zh=("有几种形状？", "图中有几种不同的形状？", "一共有多少种图形？", "形状有几种？"),
)

MORE = Phrasing(
    en=(
        "Are there more {a} or {b}?",
        "Which are there more of, {a} or {b}?",
        "More {a} or {b}?",
        "What is there more of: {a} or {b}?",
        "Do you see more {a} or more {b}?",
        "Which is more frequent, {a} or {b}?",
        "Does the picture show more {a} or {b}?",
        "Which are in the majority, {a} or {b}?",
    ),
    zh=("{a}和{b}哪个多？", "{a}多还是{b}多？", "图中是{a}多还是{b}多？", "{a}与{b}，哪种更多？"),
)

MORE_THAN = Phrasing(
    en=(
        "Are there more {a} than {b}?",
        "Do you see more {a} than {b}?",
        "Is the number of {a} greater than the number of {b}?",
        "Are there more {a} than {b} in the picture?",
        "More {a} than {b}?",
        "Does the image have more {a} than {b}?",
        "Do the {a} outnumber the {b}?",
        "Can you see more {a} than {b}?",
    ),
    zh=("{a}比{b}多吗？", "{a}的数量比{b}多吗？", "图中{a}是不是比{b}多？", "是不是{a}多于{b}？"),
)

SAME_NUMBER = Phrasing(
    en=(
        "Are there as many {a} as {b}?",
        "Is there the same number of {a} and {b}?",
        "Are there equally many {a} and {b}?",
        "Same number of {a} and {b}?",
        "Is the number of {a} equal to the number of {b}?",
        "Do you see as many {a} as {b}?",
        "Does the picture show as many {a} as {b}?",
        "Are {a} and {b} equal in number?",
    ),
    zh=("{a}和{b}一样多吗？", "{a}和{b}的数量相同吗？", "{a}与{b}是不是一样多？", "{a}跟{b}数量一样吗？"),
)

LARGER = Phrasing(
    en=(
        "Which is larger, {a} or {b}?",
        "Which is bigger, {a} or {b}?",
        "What is larger: {a} or {b}?",
        "Which one is bigger: {a} or {b}?",
        "Is {a} or {b} larger?",
        "Of {a} and {b}, which is the larger?",
        "Larger one, {a} or {b}?",
        "Which has the larger size, {a} or {b}?",
    ),
    zh=("{a}和{b}哪个更大？", "{a}大还是{b}大？", "{a}和{b}，哪个大？", "{a}与{b}相比，哪个更大？"),
)

SMALLER = Phrasing(
    en=(
        "Which is smaller, {a} or {b}?",
        "What is smaller: {a} or {b}?",
        "Which one is smaller: {a} or {b}?",
        "Is {a} or {b} smaller?",
        "Of {a} and {b}, which is the smaller?",
        "Smaller one, {a} or {b}?",
        "Which has the smaller size, {a} or {b}?",
        "Tell me which is smaller, {a} or {b}.",
    ),
    zh=("{a}和{b}哪个更小？", "{a}小还是{b}小？", "{a}和{b}，哪个小？", "{a}与{b}相比，哪个更小？"),
)

LARGER_THAN = Phrasing(
    en=(
        "Is {a} larger than {b}?",
        "Is {a} bigger than {b}?",
        "Would you say {a} is larger than {b}?",
        "Does {a} look bigger than {b}?",
        "Compared with {b}, is {a} larger?",
        "{a}: larger than {b}?",
        "Is it true that {a} is bigger than {b}?",
        "Can you tell if {a} is larger than {b}?",
    ),
    zh=("{a}比{b}大吗？", "{a}是不是比{b}大？", "{a}大于{b}吗？", "与{b}相比，{a}更大吗？"),
)

BESIDE = Phrasing(
    en=(
        "What is {side} {x}?",
        "What's {side} {x}?",
        "Which shape is {side} {x}?",
        "What do you see {side} {x}?",
        "What can be seen {side} {x}?",
        "What is there {side} {x}?",
        "Which thing is {side} {x}?",
        "What shape lies {side} {x}?",
        "What stands {side} {x}?",
        "Name the thing {side} {x}.",
    ),
    zh=(
        "{x}的{side}是什么？",
        "{x}{side}有什么？",
        "什么在{x}的{side}？",
        "在{x}{side}的是什么？",
        "{x}的{side}有什么图形？",
    ),
)

IS_BESIDE = Phrasing(
    en=(
        "Is {a} {side} {b}?",
        "Is {a} {side} {b} in the picture?",
        "Can you see {a} {side} {b}?",
        "Does {a} lie {side} {b}?",
        "Is it true that {a} is {side} {b}?",
        "{a} {side} {b}?",
        "Would you say {a} is {side} {b}?",
        "Is {a} placed {side} {b}?",
    ),
    zh=("{a}在{b}的{side}吗？", "{a}是在{b}的{side}吗？", "{a}是不是在{b}{side}？", "图中{a}在{b}{side}吗？"),
)

WHERE_TO = Phrasing(
    en=(
        "Where is {a} relative to {b}?",
        "On which side of {b} is {a}?",
        "Where does {a} lie, seen from {b}?",
        "Is {a} left of, right of, above or below {b}?",
        "Relative to {b}, where is {a}?",
        "In which direction from {b} is {a}?",
        "Seen from {b}, where is {a}?",
        "Position of {a} relative to {b}?",
    ),
    zh=("{a}在{b}的哪边？", "{a}在{b}的什么方向？", "相对于{b}，{a}在哪里？", "{a}位于{b}的哪一边？"),
)

EXTREME = Phrasing(
    en=(
        "Which shape is {most}?",
        "What is the {most} shape?",
        "What's the {most} shape?",
        "Which one is {most}?",
        "Which is the {most} shape?",
        "Name the {most} shape.",
        "Which shape is the {most} one?",
        "Tell me which shape is {most}.",
        "{most} shape?",
    ),
    zh=("{most}的是哪个？", "哪个形状{most}？", "哪个图形{most}？", "{most}的是哪个图形？", "哪个{most}？"),
)

EXISTS = Phrasing(
    en=(
        "Is there {x}?",
        "Is there {x} in the picture?",
        "Is there {x} in the image?",
        "Do you see {x}?",
        "Can you see {x}?",
        "Does the picture show {x}?",
        "Does the image contain {x}?",
        "Is {x} in the picture?",
        "Is {x} visible?",
        "Any sign of {x}?",
        "Can you find {x} here?",
    ),
    zh=("有{x}吗？", "图中有{x}吗？", "图里有没有{x}？", "你看到{x}了吗，有没有？", "这张图里有{x}吗？", "有没有{x}？"),
)

IS_COLOUR = Phrasing(
    en=(
        "Is {x} {colour}?",
        "Is {x} {colour} in this picture?",
        "Is the colour of {x} {colour}?",
        "Is the color of {x} {colour}?",
        "Would you call {x} {colour}?",
        "Is it true that {x} is {colour}?",
        "{x} is {colour}, right?",
        "Does {x} look {colour}?",
    ),
    zh=("{x}是{colour}的吗？", "{x}是{colour}吗？", "{x}的颜色是{colour}吗？", "{x}是不是{colour}的？"),
)

IS_SHAPE = Phrasing(
    en=(
        "Is {x} {shape}?",
        "Would you say {x} is {shape}?",
        "Is it true that {x} is {shape}?",
        "{x} is {shape}, right?",
        "Can {x} be called {shape}?",
        "Does {x} look like {shape}?",
    ),
    zh=("{x}是{shape}吗？", "{x}是不是{shape}？", "{x}的形状是{shape}吗？", "请问{x}是{shape}吗？"),
)

SAME_COLOUR = Phrasing(
    en=(
        "Do {a} and {b} have the same colour?",
        "Do {a} and {b} have the same color?",
        "Are {a} and {b} the same colour?",
        "Are {a} and {b} of one colour?",
        "Is {a} the same color as {b}?",
        "Does {a} share its colour with {b}?",
        "Same colour: {a} and {b}?",
        "Is {a} like {b} in colour?",
    ),
    zh=("{a}和{b}颜色相同吗？", "{a}和{b}是同一种颜色吗？", "{a}与{b}的颜色一样吗？", "{a}跟{b}是不是同色？"),
)

PLACE = Phrasing(
    en=(
        "Where is {x}?",
        "Where in the picture is {x}?",
        "Where is {x} in the image?",
        "In which part of the picture is {x}?",
        "What is the position of {x}?",
        "Position of {x}?",
        "Whereabouts is {x}?",
        "Where can I find {x}?",
        "Where do you see {x}?",
    ),
    zh=("{x}在哪里？", "{x}在图的什么位置？", "{x}位于图中哪里？", "{x}的位置在哪？", "图中{x}在哪儿？"),
)

AT_PLACE = Phrasing(
    en=(
        "What is {place}?",
        "What is {place} of the picture?",
        "What do you see {place}?",
        "Which shape is {place}?",
        "What's {place} of the image?",
        "What can be seen {place}?",
        "Name the shape {place}.",
        "What shape is {place} of the picture?",
    ),
    zh=("图的{place}是什么？", "{place}有什么？", "图的{place}有什么图形？", "{place}是什么形状？"),
)

ODD = Phrasing(
    en=(
        "Which one is different?",
        "Which shape is different from the others?",
        "What is the odd one out?",
        "Which is the odd one out?",
        "Odd one out?",
        "One shape is not like the others: which?",
        "Which one does not belong?",
        "Find the shape that differs.",
    ),
    zh=("哪个与众不同？", "哪一个和其他的不一样？", "哪个图形不同？", "找出不一样的那个。"),
)

COLOUR_BESIDE = Phrasing(
    en=(
        "What colour is the shape {side} {x}?",
        "What color is the shape {side} {x}?",
        "What is the colour of the thing {side} {x}?",
        "Colour of the shape {side} {x}?",
        "Which color does the object {side} {x} have?",
        "Which colour is the one {side} {x}?",
        "Tell me the color of what is {side} {x}.",
        "The shape {side} {x} has what colour?",
    ),
    zh=(
        "{x}{side}的形状是什么颜色？",
        "{x}{side}的图形什么颜色？",
        "在{x}{side}的形状的颜色是什么？",
        "{x}{side}那个是什么颜色？",
    ),
)

COLOUR_EXTREME = Phrasing(
    en=(
        "What colour is the {most} shape?",
        "What color is the {most} shape?",
        "What is the colour of the {most} shape?",
        "Colour of the {most} shape?",
        "Which color does the {most} thing have?",
        "Which colour is the {most} one?",
        "Tell me the color of the {most} shape.",
        "The {most} shape is what colour?",
    ),
    zh=("{most}的形状是什么颜色？", "{most}的图形什么颜色？", "{most}的那个是什么颜色的？", "{most}的形状颜色是什么？"),
)

SHAPE_EXTREME = Phrasing(
    en=(
        "What shape is the {most} one?",
        "What kind of shape is the {most} one?",
        "What is the shape of the {most} thing?",
        "Shape of the {most} one?",
        "What form does the {most} thing have?",
        "What shape is the {most} object?",
        "What kind of shape is the {most} thing?",
        "Tell me the shape of the {most} object.",
    ),
    zh=("{most}的是什么形状？", "{most}的那个是什么形状的？", "{most}的东西是什么形状？", "{most}的物体是哪种形状？"),
)

SHARE_COLOUR = Phrasing(
    en=(
        "How many other shapes have the same colour as {x}?",
        "How many other shapes have the same color as {x}?",
        "How many others share the colour of {x}?",
        "Besides {x}, how many shapes have its colour?",
        "How many more shapes are in the colour of {x}?",
        "Not counting {x}, how many shapes have its color?",
        "How many other things match {x} in colour?",
        "Count the other shapes in the color of {x}.",
    ),
    zh=(
        "还有几个形状和{x}颜色相同？",
        "除了{x}，还有几个同色的形状？",
        "另外有几个图形跟{x}颜色一样？",
        "和{x}同色的其他形状有几个？",
    ),
)

COUNT_BESIDE = Phrasing(
    en=(
        "How many shapes are {side} {x}?",
        "How many things are {side} {x}?",
        "How many shapes do you see {side} {x}?",
        "How many objects lie {side} {x}?",
        "Count the shapes {side} {x}.",
        "Number of shapes {side} {x}?",
        "How many {side} {x}?",
        "Tell me how many shapes are {side} {x}.",
    ),
    zh=("{x}{side}有几个形状？", "{x}的{side}有多少个图形？", "有几个形状在{x}{side}？", "数一数{x}{side}的形状。"),
)

WHAT_IS_THIS = Phrasing(
    en=(
        "What is this?",
        "What's this?",
        "What do you see?",
        "What is in the picture?",
        "What is in this image?",
        "What does the picture show?",
        "What can you see here?",
        "What is shown here?",
        "What am I looking at?",
        "What's in the image?",
        "What is that?",
        "What does this image show?",
        "Tell me what this is.",
    ),
    zh=(
        "这是什么？",
        "你看到了什么？",
        "图中是什么？",
        "图里有什么？",
        "这张图片显示了什么？",
        "图上画了什么？",
        "这张图里是什么？",
    ),
)

DESCRIBE = Phrasing(
    en=(
        "Describe the picture.",
        "Describe the image.",
        "Describe this picture.",
        "Describe what you see.",
        "Describe this.",
        "Give a description of the image.",
        "Write a caption for this picture.",
        "Caption this image.",
        "Please describe the picture.",
        "Can you describe the image?",
    ),
    zh=("描述这张图片。", "请描述一下图片。", "描述一下你看到的。", "给这张图写个说明。", "请说明图中的内容。"),
)

UNKNOWN = Phrasing(
    en=(
        "What colour is {x}?",
        "What color is {x}?",
        "What is the colour of {x}?",
        "How big is {x}?",
        "Where is {x}?",
        "What is {x} made of?",
        "How many people are looking at {x}?",
        "What is written on {x}?",
        "What is behind {x}?",
        "How old is {x}?",
        "What is left of {x}?",
        "What size is {x}?",
    ),
    zh=("{x}是什么颜色？", "{x}有多大？", "{x}在哪里？", "{x}上写着什么？", "{x}是什么做的？", "{x}的左边是什么？"),
)

UNKNOWN_SHAPE = Phrasing(
    en=(
        "What colour is {x}?",
        "What color is {x}?",
        "Colour of {x}?",
        "How big is {x}?",
        "Where is {x}?",
        "What is left of {x}?",
        "What is the color of {x}?",
        "What size is {x}?",
    ),
    zh=("{x}是什么颜色？", "{x}有多大？", "{x}在哪里？", "{x}的左边是什么？", "{x}的颜色是什么？"),
)

UNKNOWN_PLACE = Phrasing(
    en=("Where is {x}?", "How big is {x}?", "What size is {x}?", "What is left of {x}?", "What is above {x}?"),
    zh=("{x}在哪里？", "{x}有多大？", "{x}的左边是什么？", "{x}的上面是什么？"),
)

UNKNOWN_FACT = (
    Phrasing(en=("Who drew this?", "Who made this picture?", "Who painted it?"), zh=("这是谁画的？", "谁画了这张图？")),
    Phrasing(
        en=("When was this picture made?", "What year is this from?"), zh=("这张图是什么时候画的？", "这是哪一年的？")
    ),
    Phrasing(en=("How much does it cost?", "What is the price?"), zh=("这个多少钱？", "价格是多少？")),
    Phrasing(
        en=("What is the name of the artist?", "What is the artist called?"), zh=("作者叫什么名字？", "画家是谁？")
    ),
    Phrasing(en=("What time is it?", "What time of day is it?"), zh=("现在几点了？", "图中是什么时间？")),
    Phrasing(en=("Where was this taken?", "Which city is this?"), zh=("这是在哪里拍的？", "这是哪个城市？")),
    Phrasing(en=("What is the weather like?", "Is it raining?"), zh=("天气怎么样？", "在下雨吗？")),
)

STRANGE_THINGS = (
    Word("the hat", "帽子"), Word("the dog", "狗"), Word("the cat", "猫"), Word("the car", "汽车"),
    Word("the house", "房子"), Word("the tree", "树"), Word("the woman", "女人"), Word("the man", "男人"),
    Word("the boy", "男孩"), Word("the girl", "女孩"), Word("the bird", "鸟"), Word("the fish", "鱼"),
    Word("the book", "书"), Word("the shirt", "衬衫"), Word("the shoe", "鞋子"), Word("the table", "桌子"),
    Word("the chair", "椅子"), Word("the phone", "手机"), Word("the bicycle", "自行车"), Word("the flower", "花"),
    Word("the apple", "苹果"), Word("the door", "门"), Word("the window", "窗户"), Word("the boat", "船"),
    Word("the plane", "飞机"), Word("the horse", "马"), Word("the bag", "包"), Word("the umbrella", "雨伞"),
    Word("the train", "火车"), Word("the clock", "钟"), Word("the lamp", "灯"), Word("the letter", "字母"),
    Word("the ball", "球"), Word("the knife", "刀"), Word("the guitar", "吉他"), Word("the child", "孩子"),
)  # fmt: skip

HELD_OUT_THINGS = (
    Word("the cup", "杯子"), Word("the bottle", "瓶子"), Word("the sofa", "沙发"), Word("the cow", "牛"),
    Word("the coat", "外套"), Word("the bus", "公交车"), Word("the spoon", "勺子"), Word("the bridge", "桥"),
    Word("the banana", "香蕉"), Word("the key", "钥匙"),
)  # fmt: skip

SIDE_PHRASES = {
    "left": (Word("left of", "左边"), Word("to the left of", "左边"), Word("on the left of", "左侧")),
    "right": (Word("right of", "右边"), Word("to the right of", "右边"), Word("on the right of", "右侧")),
    "above": (Word("above", "上面"), Word("above", "上方"), Word("over", "上面")),
    "below": (Word("below", "下面"), Word("below", "下方"), Word("under", "下面")),
}

SIDE_ANSWERS = {
    "left": Word("left", "左边"),
    "right": Word("right", "右边"),
    "above": Word("above", "上面"),
    "below": Word("below", "下面"),
}

EXTREMES = {
    "left": (Word("leftmost", "最左边"), Word("furthest left", "最左侧")),
    "right": (Word("rightmost", "最右边"), Word("furthest right", "最右侧")),
    "above": (Word("topmost", "最上面"), Word("highest", "最高处")),
    "below": (Word("bottommost", "最下面"), Word("lowest", "最低处")),
    "large": (Word("largest", "最大"), Word("biggest", "最大")),
    "small": (Word("smallest", "最小"), Word("smallest", "最小")),
}

PLACE_PHRASES = {
    (0, 0): Word("in the top left corner", "左上角"),
    (2, 0): Word("in the top right corner", "右上角"),
    (0, 2): Word("in the bottom left corner", "左下角"),
    (2, 2): Word("in the bottom right corner", "右下角"),
    (1, 1): Word("in the centre", "中间"),
}

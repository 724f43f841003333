"""The wordings of every question about a chart; tables only."""

from sensorium.data.phrasing import Phrasing, Word

VALUE = Phrasing(
    en=(
        "What is the value of {x}?",
        "What is the value for {x}?",
        "How much is {x}?",
        "What value does {x} have?",
        "Value of {x}?",
        "What's the value of {x}?",
        "Which value belongs to {x}?",
        "What does the chart show for {x}?",
        "Read off the value of {x}.",
        "{x}: what value?",
        "What number is shown for {x}?",
        "How high is {x}?",
    ),
    zh=("{x}的值是多少？", "{x}是多少？", "{x}的数值是多少？", "图中{x}是多少？", "{x}对应的数值是多少？"),
)

SHARE = Phrasing(
    en=(
        "What percentage is {x}?",
        "How many percent is {x}?",
        "What percent does {x} have?",
        "What is the percentage of {x}?",
        "What share does {x} have, in percent?",
        "Percentage of {x}?",
        "How large is the share of {x} in percent?",
        "What is the value of {x}?",
    ),
    zh=("{x}占百分之多少？", "{x}的百分比是多少？", "{x}占多少？", "{x}的比例是多少？"),
)

HIGHEST = Phrasing(
    en=(
        "Which is the highest?",
        "Which category is the highest?",
        "Which has the highest value?",
        "Which category has the highest value?",
        "What has the largest value?",
        "Which one is the largest?",
        "Which is the biggest?",
        "Highest category?",
        "What is the maximum category?",
        "Where is the maximum?",
        "Which label has the greatest value?",
    ),
    zh=("哪个最高？", "哪一项最大？", "数值最大的是哪个？", "哪个类别的值最高？", "最大的是哪一项？"),
)

LOWEST = Phrasing(
    en=(
        "Which is the lowest?",
        "Which category is the lowest?",
        "Which has the lowest value?",
        "Which category has the lowest value?",
        "What has the smallest value?",
        "Which one is the smallest?",
        "Which is the least?",
        "Lowest category?",
        "What is the minimum category?",
        "Where is the minimum?",
        "Which label has the smallest value?",
    ),
    zh=("哪个最低？", "哪一项最小？", "数值最小的是哪个？", "哪个类别的值最低？", "最小的是哪一项？"),
)

HIGHEST_VALUE = Phrasing(
    en=(
        "What is the highest value?",
        "What is the maximum value?",
        "How high is the highest value?",
        "Maximum value?",
        "What's the largest value?",
        "What is the largest number in the chart?",
        "Which value is the highest?",
        "What value does the highest one have?",
    ),
    zh=("最大值是多少？", "最高的数值是多少？", "图中最大的值是多少？", "最高值是多少？"),
)

LOWEST_VALUE = Phrasing(
    en=(
        "What is the lowest value?",
        "What is the minimum value?",
        "How low is the lowest value?",
        "Minimum value?",
        "What's the smallest value?",
        "What is the smallest number in the chart?",
        "Which value is the lowest?",
        "What value does the lowest one have?",
    ),
    zh=("最小值是多少？", "最低的数值是多少？", "图中最小的值是多少？", "最低值是多少？"),
)

COUNT = Phrasing(
    en=(
        "How many {things} are there?",
        "How many {things}?",
        "How many {things} does the chart have?",
        "How many {things} do you see?",
        "Count the {things}.",
        "What is the number of {things}?",
        "How many {things} are in the chart?",
        "Number of {things}?",
        "How many {things} are shown?",
    ),
    zh=("有几个{things}？", "图中有几个{things}？", "一共有多少个{things}？", "{things}有几个？"),
)

ABOVE = Phrasing(
    en=(
        "How many values are above {y}?",
        "How many {things} are higher than {y}?",
        "How many {things} are above {y}?",
        "How many categories are over {y}?",
        "How many are greater than {y}?",
        "Count the {things} above {y}.",
        "How many categories have more than {y}?",
        "Number of values larger than {y}?",
    ),
    zh=("有几个{things}高于{y}？", "有几项大于{y}？", "超过{y}的有几个？", "有多少个值大于{y}？"),
)

IS_LARGER = Phrasing(
    en=(
        "Is {a} larger than {b}?",
        "Is {a} higher than {b}?",
        "Is {a} greater than {b}?",
        "Is {a} more than {b}?",
        "Does {a} have a higher value than {b}?",
        "Is the value of {a} larger than that of {b}?",
        "Does {a} exceed {b}?",
        "Is it true that {a} is above {b}?",
    ),
    zh=("{a}比{b}大吗？", "{a}比{b}高吗？", "{a}的值大于{b}吗？", "{a}是不是比{b}多？"),
)

WHICH_LARGER = Phrasing(
    en=(
        "Which is larger, {a} or {b}?",
        "Which is higher, {a} or {b}?",
        "{a} or {b}: which is larger?",
        "Which has the higher value, {a} or {b}?",
        "What is greater, {a} or {b}?",
        "Which one is more, {a} or {b}?",
        "Does {a} or {b} have the larger value?",
        "Of {a} and {b}, which is the larger?",
    ),
    zh=("{a}和{b}哪个大？", "{a}和{b}哪个更高？", "{a}大还是{b}大？", "{a}与{b}，哪个值更大？"),
)

DIFFERENCE = Phrasing(
    en=(
        "What is the difference between {a} and {b}?",
        "By how much do {a} and {b} differ?",
        "Difference between {a} and {b}?",
        "How far apart are {a} and {b}?",
        "How big is the difference of {a} and {b}?",
        "How much is between {a} and {b}?",
        "How much more is the larger of {a} and {b}?",
        "Give the difference between {a} and {b}.",
    ),
    zh=("{a}和{b}相差多少？", "{a}与{b}的差是多少？", "{a}和{b}差多少？", "{a}跟{b}的差值是多少？"),
)

SUM = Phrasing(
    en=(
        "What is the sum of {a} and {b}?",
        "How much are {a} and {b} together?",
        "What do {a} and {b} add up to?",
        "Add {a} and {b}.",
        "Sum of {a} and {b}?",
        "What is {a} plus {b}?",
        "What are {a} and {b} in total?",
        "What is the total of {a} and {b}?",
    ),
    zh=("{a}和{b}的和是多少？", "{a}加{b}是多少？", "{a}与{b}一共是多少？", "{a}和{b}加起来是多少？"),
)

KIND = Phrasing(
    en=(
        "What kind of chart is this?",
        "What type of chart is this?",
        "Which chart type is it?",
        "Is this a bar, line or pie chart?",
        "Chart type?",
        "What sort of diagram is this?",
        "What is this?",
        "What kind of graph is shown?",
        "What is shown here?",
        "What's this?",
    ),
    zh=("这是什么图表？", "这是哪种图？", "图表的类型是什么？", "这是什么类型的图？", "这是什么？"),
)

TITLE = Phrasing(
    en=(
        "What is the title?",
        "What is the title of the chart?",
        "Title?",
        "Read the title.",
        "What does the title say?",
        "What is the chart about?",
        "What's the chart's title?",
        "How is the chart titled?",
    ),
    zh=("标题是什么？", "图表的标题是什么？", "图的标题写了什么？", "这张图的标题是？"),
)

TREND = Phrasing(
    en=(
        "Does the line rise or fall?",
        "Is the line rising or falling?",
        "What is the trend?",
        "Which way does the line go?",
        "Do the values rise or fall?",
        "What is the trend of the line?",
        "Is the trend rising or falling?",
        "Going up or down?",
    ),
    zh=("折线是上升还是下降？", "趋势是什么？", "数值是上升还是下降？", "线的走势如何？"),
)

COLOUR = Phrasing(
    en=(
        "What colour is {x}?",
        "What color is {x}?",
        "Which colour stands for {x}?",
        "What is the colour of {x}?",
        "Which color does {x} have?",
        "In what colour is {x} drawn?",
        "Color of {x}?",
        "What colour represents {x}?",
    ),
    zh=("{x}是什么颜色？", "{x}用什么颜色表示？", "{x}的颜色是什么？", "哪种颜色代表{x}？"),
)

DESCRIBE = Phrasing(
    en=(
        "Describe the chart.",
        "Describe the picture.",
        "Describe this image.",
        "What does the chart show?",
        "What do you see?",
        "What is in the picture?",
        "Give a description of the chart.",
        "Summarise the chart.",
        "Caption this image.",
    ),
    zh=("描述这张图表。", "描述这张图片。", "图表显示了什么？", "你看到了什么？", "请概括这张图。"),
)

UNKNOWN = (
    Phrasing(en=("Who made this chart?", "Who drew the chart?"), zh=("这张图是谁做的？", "谁画的图表？")),
    Phrasing(en=("Where does the data come from?", "What is the source?"), zh=("数据来自哪里？", "来源是什么？")),
    Phrasing(en=("Why is it so?", "What is the reason for this?"), zh=("为什么会这样？", "原因是什么？")),
    Phrasing(en=("What will happen next?", "What comes after this?"), zh=("接下来会怎样？", "之后会发生什么？")),
    Phrasing(en=("What colour is the car?", "Where is the dog?"), zh=("车是什么颜色？", "狗在哪里？")),
)

KINDS = {
    "bar": Word("bar chart", "柱状图"),
    "row": Word("bar chart", "柱状图"),
    "line": Word("line chart", "折线图"),
    "pie": Word("pie chart", "饼图"),
}

PARTS = {
    "bar": Word("bars", "柱子"),
    "row": Word("bars", "柱子"),
    "line": Word("points", "点"),
    "pie": Word("slices", "扇形"),
}

RISING = Word("rising", "上升")
FALLING = Word("falling", "下降")

// What the page says, in English and Chinese.

const WORDS = {
  en: {
    skip: "Skip to the question", talks: "Conversations", views: "Views", talk: "Chat", search: "Search", model: "Model",
    theme: "Light or dark", language: "中文", languageLabel: "切换到中文", new: "New conversation",
    noTalks: "Conversations are kept here, on this server.", eraseAll: "Delete all conversations", messages: "Messages",
    welcome: "Ask about a picture, a sound, a film or a document",
    welcomeMore: "Drop files here, paste them, or use the microphone and the camera. Nothing leaves this server.",
    editing: "Editing an earlier question; what follows it will be replaced.", cancel: "Cancel", attached: "Attached",
    question: "Your question", placeholder: "Ask something …", attach: "Attach files", microphone: "Record sound",
    camera: "Camera", stop: "Stop", send: "Send", sought: "What to find", soughtPlaceholder: "Words, or attach something like it",
    searchBy: "Search by a picture, sound, film or PDF", searchByVoice: "Search by a recording", kinds: "Kinds", dropHere: "Drop files to attach them", close: "Close",
    takePicture: "Take a picture", recordFilm: "Record a film", stopFilm: "Stop and attach", correctTitle: "What is wrong?",
    correctLabel: "A better answer, if you know one", keep: "Keep", keyTitle: "This server needs a key",
    correctMore: "It is kept with the conversation, as a pair that training can learn from.", keyLabel: "API key",
    open: "Open", erase: "Delete", tooLarge: (name) => `${name} is larger than 36 MB. Attach a smaller file.`,
    empty: (name) => `${name} is empty. Attach another file.`,
    unknownKind: (name) => `${name}: attach pictures, sounds, films, PDFs or text files.`, page: (n) => `page ${n}`,
    box: "box", point: "point", recordingFor: (time) => `Recording ${time} – press again to end`, recordingName: "recording",
    photoName: "photo", filmName: "film", remove: (name) => `Remove ${name}`, openMedium: (name) => `Look at ${name}`,
    you: "You", edit: "Edit this question", again: "Answer again, in other words", copy: "Copy", copied: "Copied",
    good: "Good answer", bad: "Bad answer", thanks: "Kept for training", confidence: (p) => `Confidence ${p} %`,
    unsure: "The model is not sure", stopped: "Stopped", cut: "The answer reached its longest length", retry: "Try again",
    thinking: "Answering …", answered: (text) => `Answer: ${text}`, tokens: (n, s) => `${n} tokens · ${s} s`,
    estimating: "counting …", estimate: (n, most) => `${n} of ${most} tokens`, seconds: (s) => ` · about ${s} s`,
    overLimit: (n, most) => `${n} tokens are more than the ${most} this model takes`, untimed: " · time known after the first answer",
    eraseTalk: (title) => `Delete “${title}”`, sureTalk: (title) => `Delete “${title}” with its media and ratings?`,
    sureAll: "Delete all conversations with their media and ratings?", untitled: "Untitled", pairs: (n) => `Download training pairs (${n})`,
    found: (n) => `${n} found`, nothing: "Nothing was found", searching: "Searching …", useInTalk: "Ask", look: "Look",
    noHttps: "Browsers give this to pages of this machine or of https only", noDevice: "The browser gave no device: allow it, or connect one",
    pagesLeft: (shown, count) => `${shown} of ${count} pages are attached; split the file for the others`,
    image: "pictures", audio: "sounds", video: "films", document: "documents", text: "texts",
    takes: (model, kinds) => `${model} takes ${kinds}.`, dropUnfit: "Remove them", noModel: "no model here answers",
    cannot: (model, kinds) => `${model} does not take ${kinds}. Remove them, or choose another model.`,
    cannotEarlier: (model, kinds) => `This conversation holds ${kinds}, which ${model} does not take. Choose another model, or begin a new conversation.`,
    similarity: (n) => `similarity ${n}`, fits: (p) => `fits ${p} %`,
    far: (n) => `Nothing fits well. These ${n} are the nearest.`, moreLike: "Similar", unanswered: "This question has no answer yet.",
    likeKinds: "Search by a picture, a sound, a film or a PDF; write words into the field.",
    refused: () => "", // its words, which follow, are English
  },
  zh: {
    skip: "跳到提问框", talks: "对话", views: "视图", talk: "聊天", search: "搜索", model: "模型",
    theme: "浅色或深色", language: "EN", languageLabel: "Switch to English", new: "新对话",
    noTalks: "对话保存在这台服务器上。", eraseAll: "删除所有对话", messages: "消息",
    welcome: "就图片、声音、视频或文档提问",
    welcomeMore: "把文件拖到这里、粘贴进来，或使用麦克风和摄像头。数据不会离开这台服务器。",
    editing: "正在修改较早的问题，其后的内容将被替换。", cancel: "取消", attached: "已添加",
    question: "你的问题", placeholder: "请提问……", attach: "添加文件", microphone: "录音",
    camera: "摄像头", stop: "停止", send: "发送", sought: "要找什么", soughtPlaceholder: "输入文字，或添加相似的内容",
    searchBy: "用图片、声音、视频或 PDF 搜索", searchByVoice: "用录音搜索", kinds: "种类", dropHere: "松开即可添加文件", close: "关闭",
    takePicture: "拍照", recordFilm: "录像", stopFilm: "停止并添加", correctTitle: "哪里不对？",
    correctLabel: "如果你知道更好的回答，请写下来", keep: "保存", keyTitle: "这台服务器需要密钥",
    correctMore: "它会与对话一起保存，作为训练可用的一对回答。", keyLabel: "API 密钥",
    open: "打开", erase: "删除", tooLarge: (name) => `${name} 超过 36 MB，请添加更小的文件。`,
    empty: (name) => `${name} 是空的，请添加其他文件。`,
    unknownKind: (name) => `${name}：请添加图片、声音、视频、PDF 或文本文件。`, page: (n) => `第 ${n} 页`,
    box: "方框", point: "点", recordingFor: (time) => `录音中 ${time}，再按一次结束`, recordingName: "录音",
    photoName: "照片", filmName: "视频", remove: (name) => `移除 ${name}`, openMedium: (name) => `查看 ${name}`,
    you: "你", edit: "修改这个问题", again: "换个说法再回答", copy: "复制", copied: "已复制",
    good: "回答得好", bad: "回答得不好", thanks: "已保存供训练使用", confidence: (p) => `置信度 ${p}%`,
    unsure: "模型不确定", stopped: "已停止", cut: "回答已达最大长度", retry: "重试",
    thinking: "正在回答……", answered: (text) => `回答：${text}`, tokens: (n, s) => `${n} 个词元 · ${s} 秒`,
    estimating: "正在计算……", estimate: (n, most) => `${n} / ${most} 词元`, seconds: (s) => ` · 约 ${s} 秒`,
    overLimit: (n, most) => `${n} 个词元，超过了此模型的上限 ${most}`, untimed: " · 首次回答后可估计时间",
    eraseTalk: (title) => `删除“${title}”`, sureTalk: (title) => `删除“${title}”及其媒体和评价？`,
    sureAll: "删除所有对话及其媒体和评价？", untitled: "未命名", pairs: (n) => `下载训练数据（${n} 对）`,
    found: (n) => `找到 ${n} 项`, nothing: "没有找到", searching: "正在搜索……", useInTalk: "就此提问", look: "查看",
    noHttps: "浏览器只对本机或 https 页面开放此功能", noDevice: "浏览器没有给出设备：请允许使用或连接一个",
    pagesLeft: (shown, count) => `已添加 ${count} 页中的 ${shown} 页，其余请拆分文件`,
    image: "图片", audio: "声音", video: "视频", document: "文档", text: "文本",
    takes: (model, kinds) => `${model} 接受${kinds}。`, dropUnfit: "移除它们", noModel: "这里没有能回答的模型",
    cannot: (model, kinds) => `${model} 不接受${kinds}。请移除它们，或选择其他模型。`,
    cannotEarlier: (model, kinds) => `此对话含有 ${model} 不接受的${kinds}。请选择其他模型，或开始新对话。`,
    similarity: (n) => `相似度 ${n}`, fits: (p) => `符合 ${p}%`,
    far: (n) => `没有很符合的内容，以下是最接近的 ${n} 项。`, moreLike: "查找相似", unanswered: "这个问题还没有回答。",
    likeKinds: "请用图片、声音、视频或 PDF 搜索；文字请写在输入框里。",
    refused: (status) => REFUSED[status] ?? `服务器无法完成此请求（${status}）。`,
  },
};

/** What a status of HTTP means to a person; the server says in English what exactly is wrong. */
const REFUSED = {
  400: "服务器无法理解此请求：", 403: "没有权限：", 404: "服务器上没有找到：", 408: "等待时间过长：", 413: "内容过大：",
  415: "无法读取此文件，或模型不接受此类内容：", 429: "请求太多，请稍后重试：", 500: "模型出错，请重试：", 503: "服务器暂时不可用，请稍后重试：",
};

export const LANGUAGES = Object.keys(WORDS);
let language = "en";

export const current = () => language;

/** What a name says in the language of the page. */
export function t(name, ...values) {
  const word = WORDS[language][name];
  if (word === undefined) throw new Error(`no word ${name}`);
  return typeof word === "function" ? word(...values) : word;
}

/** Some things, named one after the other. */
export const list = (names) => new Intl.ListFormat(document.documentElement.lang, { type: "conjunction" }).format(names);

/** Words of one language that the other lacks, for tests. */
export function missing() {
  const [one, other] = LANGUAGES.map((each) => new Set(Object.keys(WORDS[each])));
  return [...one.symmetricDifference(other)];
}

/** Speak a language, and say what stands in the page in it. */
export function speak(chosen) {
  language = chosen;
  document.documentElement.lang = chosen === "zh" ? "zh-Hans" : chosen;
  for (const each of document.querySelectorAll("[data-t]")) each.textContent = t(each.dataset.t);
  for (const each of document.querySelectorAll("[data-placeholder]")) each.placeholder = t(each.dataset.placeholder);
  for (const each of document.querySelectorAll("[data-label]")) {
    each.setAttribute("aria-label", t(each.dataset.label));
    if (each.matches("button")) each.title = t(each.dataset.label);
  }
}

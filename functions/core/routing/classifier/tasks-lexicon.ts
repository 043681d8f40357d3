import type { Lexicon } from './lexicon.ts';

/**
 * Words that tell the kind of task, in English, Spanish, German, French, Korean, Japanese and Chinese. Stems as in
 * `lexicon.ts`: `words` begin at a word boundary and may run on, `anywhere` counts inside other text too.
 */

/** Asks for one fact: a name, a date, a number. */
export const ASK_FACT: Lexicon = {
  words: [
    'who', 'when', 'where', 'which', 'how many', 'how much', 'how old', 'how far', 'how long', 'how tall', 'what is', "what's", 'what are', 'what was', 'what were', 'what time', 'what day', 'what year', 'what does', 'what do', 'what did',
    'quién', 'quien', 'cuándo', 'cuando', 'dónde', 'donde', 'cuál', 'cual', 'cuánto', 'cuánta', 'cuanto', 'qué es', 'que es', 'qué día', 'qué hora', 'qué significa',
    'wer', 'wann', 'wo', 'welche', 'wie viel', 'wie viele', 'wie alt', 'wie hoch', 'was ist', 'was sind', 'was bedeutet', 'wie heißt', 'wie lange',
    'qui', 'quand', 'où', 'quel', 'quelle', 'combien', "qu'est-ce", 'c’est quoi', "c'est quoi", 'que signifie',
  ],
  anywhere: ['누구', '언제', '어디', '몇', '무엇', '뭐', '얼마', '무슨', '誰', 'いつ', 'どこ', '何', 'いくつ', 'いくら', 'どの', 'どれ', '谁', '什么', '哪', '几', '多少', '何时'],
  whole: true,
};

/** Asks for an explanation, a reason, a comparison. */
export const ASK_WHY: Lexicon = {
  words: [
    'why', 'how do', 'how does', 'how can', 'how should', 'how would', 'how to', 'explain', 'describe', 'compare', 'difference between', 'discuss', 'pros and cons',
    'por qué', 'cómo', 'explica', 'describe', 'compara', 'diferencia', 'ventajas',
    'warum', 'wieso', 'wie funktioniert', 'wie kann', 'erklär', 'beschreib', 'vergleich', 'unterschied', 'vorteile',
    'pourquoi', 'comment', 'expliqu', 'décri', 'compare', 'différence', 'avantages',
  ],
  anywhere: ['왜', '어떻게', '설명', '비교', '차이', '장단점', 'なぜ', 'どうして', 'どうやって', 'どのように', '説明', '比較', '違い', '为什么', '如何', '怎么', '怎样', '解释', '说明', '比较', '区别', '优缺点'],
};

/** Something small and free: a poem, a joke, a note. */
export const CREATE: Lexicon = {
  words: [
    'haiku', 'poem', 'limerick', 'story', 'joke', 'slogan', 'song', 'email', 'e-mail', 'letter', 'tweet', 'caption', 'birthday', 'invitation', 'name for', 'names for', 'title for', 'recipe',
    'poema', 'cuento', 'chiste', 'correo', 'carta', 'canción', 'eslogan', 'receta', 'felicitación',
    'gedicht', 'geschichte', 'witz', 'brief', 'lied', 'rezept', 'einladung', 'geburtstag',
    'haïku', 'poème', 'histoire', 'blague', 'courriel', 'lettre', 'chanson', 'recette', 'anniversaire',
  ],
  anywhere: ['하이쿠', '시를', '이야기', '농담', '이메일', '메일', '편지', '노래', '문구', '레시피', '생일', '俳句', '詩', '物語', '冗談', 'ジョーク', 'メール', '手紙', '歌', 'レシピ', '誕生日', '诗', '故事', '笑话', '邮件', '一封信', '歌', '口号', '食谱', '生日'],
};

/** Works on a text that is given: translate, shorten, correct, extract. */
export const EDIT: Lexicon = {
  words: [
    'translat', 'summar', 'rewrite', 'rephrase', 'paraphrase', 'proofread', 'shorten', 'grammar', 'spelling', 'typo', 'capitali', 'lowercase', 'uppercase', 'convert', 'extract', 'reword', 'synonym', 'sort these', 'format this', 'classify',
    'traduc', 'resum', 'corrig', 'corrige', 'reescrib', 'acorta', 'ortograf', 'gramátic', 'sinónimo', 'convierte', 'extrae', 'clasifica',
    'übersetz', 'zusammenfass', 'fasse', 'korrigier', 'umformulier', 'formuliere', 'kürze', 'rechtschreib', 'grammatik', 'synonym', 'wandle', 'extrahier', 'klassifizier',
    'tradui', 'résum', 'corrige', 'reformul', 'raccourci', 'orthograph', 'grammair', 'synonyme', 'converti', 'extrai', 'classe',
  ],
  anywhere: ['번역', '요약', '고쳐', '교정', '맞춤법', '바꿔', '줄여', '추출', '분류', '동의어', '翻訳', '要約', '直して', '校正', '書き換え', '言い換え', '短く', '抽出', '分類', '変換', '翻译', '总结', '概括', '改写', '修改', '纠正', '缩短', '提取', '分类', '转换', '同义词', '改成', '译成'],
};

/** Asks for a proof or a derivation. */
export const PROVE: Lexicon = {
  words: [
    'prove', 'proof', 'show that', 'derive', 'derivation', 'theorem', 'lemma', 'corollary', 'by induction', 'if and only if', 'converge', 'irrational', 'generalise', 'generalize', 'rigorous',
    'demuestr', 'demostr', 'prueba que', 'teorema', 'deduce', 'deriva', 'inducción', 'irracional', 'generaliza',
    'beweis', 'zeige, dass', 'zeig, dass', 'herleit', 'leite', 'theorem', 'satz von', 'induktion', 'irrational', 'verallgemeiner',
    'démontr', 'prouve', 'montre que', 'montrez que', 'théorème', 'déduis', 'dérive', 'récurrence', 'irrationnel', 'généralis',
  ],
  anywhere: ['증명', '보여라', '보이시오', '유도하', '정리를', '귀납법', '무리수', '일반화', '証明', '示せ', '示して', '導け', '導出', '定理', '帰納法', '無理数', '一般化', '证明', '推导', '定理', '归纳', '无理数', '推广到'],
};

/** Design of something large, or a decision with trade-offs. */
export const DESIGN: Lexicon = {
  words: [
    'architect', 'design', 'scalab', 'distributed', 'trade-off', 'tradeoff', 'fault-toleran', 'fault toleran', 'high availability', 'multi-region', 'consistency', 'consensus', 'threat model', 'migration', 'migrat', 'refactor', 'strategy', 'roadmap', 'end-to-end', 'zero-downtime', 'sharding', 'replication', 'throughput', 'latency', 'exactly-once', 'microservice', 'multi-tenant', 'event-driven', 'disaster recovery', 'compliance', 'business case', 'critically', 'in depth', 'in-depth', 'comprehensive', 'root cause', 'race condition', 'deadlock', 'security review', 'optimise', 'optimize',
    'arquitect', 'diseñ', 'escalab', 'distribuid', 'compensacion', 'tolerante a fallos', 'alta disponibilidad', 'consistencia', 'consenso', 'latencia', 'migra', 'refactoriz', 'estrategia', 'hoja de ruta', 'microservicio', 'optimiz', 'condición de carrera', 'normativ', 'exhaustiv', 'a fondo',
    'architektur', 'entwirf', 'entwerf', 'skalierbar', 'verteilt', 'abwägung', 'kompromiss', 'ausfallsicher', 'fehlertoleran', 'hochverfügbar', 'konsistenz', 'konsens', 'latenz', 'migrier', 'migration', 'refaktor', 'strategie', 'mandantenfähig', 'optimier', 'wettlaufsituation', 'nebenläufig', 'umfassend', 'gründlich',
    'conçoi', 'concevoir', 'concevez', 'évolutive', 'évolutif', 'scalable', 'distribué', 'compromis', 'tolérant', 'haute disponibilité', 'cohérence', 'consensus', 'latence', 'migr', 'refactor', 'stratégie', 'feuille de route', 'multi-locataire', 'optimis', 'approfondi', 'exhausti',
  ],
  anywhere: [
    '설계', '아키텍처', '확장 가능', '확장성', '분산', '절충', '트레이드오프', '일관성', '지연', '내결함성', '장애', '고가용성', '합의', '마이그레이션', '리팩터', '리팩토링', '전략', '로드맵', '최적화', '경쟁 상태', '교착', '멀티테넌트', '심층',
    '設計', 'アーキテクチャ', 'スケーラブル', '拡張性', '拡張可能', '分散', 'トレードオフ', '一貫性', '整合性', 'レイテンシ', '遅延', '耐障害', '高可用', '合意', '移行', 'リファクタ', '戦略', 'ロードマップ', '最適化', '競合状態', 'デッドロック', 'マルチテナント', '包括的',
    '设计', '架构', '可扩展', '分布式', '权衡', '一致性', '延迟', '容错', '高可用', '共识', '迁移', '重构', '战略', '策略', '路线图', '优化', '竞态', '死锁', '多租户', '深入', '全面',
  ],
};

/** Asks for a program of ordinary size. */
export const PROGRAM: Lexicon = {
  words: [
    'implement', 'write a function', 'write a python', 'write a program', 'write a script', 'write code', 'function', 'class', 'script', 'program', 'algorithm', 'sort', 'regex', 'regular expression', 'query', 'unit test', 'debug', 'bug', 'compile', 'endpoint', 'refactor', 'api', 'java', 'rust', 'bash',
    'implementa', 'función', 'programa', 'algoritmo', 'depura', 'consulta', 'expresión regular', 'ordena',
    'implementier', 'funktion', 'programm', 'algorithmus', 'schreibe eine funktion', 'abfrage', 'regulären ausdruck', 'sortier', 'skript',
    'implément', 'fonction', 'programme', 'algorithme', 'requête', 'expression régulière', 'trie', 'débogue',
  ],
  anywhere: ['구현', '알고리즘', '함수', '디버', '코드', '스크립트', '쿼리', '정규식', '정렬', '프로그램', '実装', 'アルゴリズム', '関数', 'デバッグ', 'コード', 'スクリプト', 'クエリ', '正規表現', 'ソート', 'プログラム', '实现', '算法', '函数', '调试', '代码', '脚本', '查询', '正则', '排序', '程序', 'python', 'javascript', 'typescript', 'sql', 'html', 'golang', 'c++', 'c#'],
};

/** Asks to work something out with care: analysis, debugging of the hard kind, several steps. */
export const ANALYSE: Lexicon = {
  words: [
    'analy', 'evaluat', 'assess', 'critique', 'estimate', 'investigat', 'diagnos', 'step by step', 'step-by-step', 'argue', 'justify', 'recommend', 'implication', 'consider', 'plan', 'report', 'essay', 'hypothes', 'forecast', 'model', 'thesis', 'constraint', 'requirement',
    'analiz', 'evalúa', 'evalua', 'critica', 'estima', 'investiga', 'paso a paso', 'argumenta', 'justifica', 'recomienda', 'ensayo', 'informe', 'plan', 'requisito',
    'analysier', 'bewert', 'beurteil', 'untersuch', 'schritt für schritt', 'begründe', 'empfiehl', 'aufsatz', 'bericht', 'plan', 'anforderung',
    'analys', 'évalu', 'critiqu', 'estime', 'étape par étape', 'argument', 'justifi', 'recommand', 'dissertation', 'rapport', 'plan', 'exigence',
  ],
  anywhere: ['분석', '평가', '비판', '추정', '조사', '단계별', '근거', '추천', '에세이', '보고서', '계획', '요구', '分析', '評価', '批判', '推定', '調査', '段階', '根拠', '推奨', '論文', 'レポート', '計画', '要件', '评估', '批判', '估算', '调查', '一步一步', '逐步', '论证', '建议', '论文', '报告', '计划', '要求'],
};

/** Words without which hardly an English sentence is made, and which no other of these languages has. */
export const ENGLISH: Lexicon = {
  words: ['the', 'and', 'is', 'are', 'of', 'to', 'what', 'how', 'with', 'for', 'this', 'that', 'write', 'your', 'you', 'my', 'it', 'which', 'who', 'from', 'be', 'if', 'when', 'why', 'his', 'her', 'about', 'please', 'hello', 'thank', 'thanks'],
  anywhere: [],
  whole: true,
};

/** Small talk in these languages; entries of `words` must stand alone. */
export const TALK: Lexicon = {
  words: [
    'hello', 'hi', 'hey', 'hiya', 'yo', 'thanks', 'thank you', 'thx', 'ty', 'good morning', 'good evening', 'good afternoon', 'good night', 'bye', 'goodbye', 'see you', 'great', 'cool', 'nice', 'perfect', 'awesome', 'got it', 'how are you', "how's it going", 'welcome', 'sorry', 'cheers', 'well done', 'so much', 'very much', 'a lot', 'again', 'there', 'everyone', 'you too', 'have a nice day',
    'hola', 'gracias', 'muchas gracias', 'buenos días', 'buenas tardes', 'buenas noches', 'buenas', 'adiós', 'hasta luego', 'genial', 'perfecto', 'qué tal', 'cómo estás', 
    'hallo', 'danke', 'vielen dank', 'dankeschön', 'guten morgen', 'guten tag', 'guten abend', 'gute nacht', 'tschüss', 'auf wiedersehen', 'super', 'prima', 'perfekt', "wie geht's", 'wie geht es dir', 'moin', 'servus', 
    'bonjour', 'merci', 'merci beaucoup', 'salut', 'bonsoir', 'bonne nuit', 'au revoir', 'à bientôt', 'parfait', 'ça va', 'comment vas-tu', 'comment ça va', 'coucou', 
    'olá', 'oi', 'obrigado', 'obrigada', 'bom dia', 'boa tarde', 'ciao', 'grazie', 'buongiorno', 'buonasera', 'arrivederci',
  ],
  anywhere: [
    '안녕하세요', '안녕', '반가워', '반갑습니다', '고마워요', '고마워', '고맙습니다', '감사합니다', '감사해요', '잘 지내', '좋아요', '좋은 아침', '수고하', '잘 가', '또 봐', '정말', '너무', '잘 자요',
    'こんにちは', 'こんばんは', 'おはようございます', 'おはよう', 'ありがとうございます', 'ありがとう', 'どうも', 'さようなら', 'またね', 'おやすみ', 'お疲れ様', '元気ですか', 'よろしくお願いします', 'よろしく', '本当に',
    '你好', '您好', '谢谢', '多谢', '早上好', '晚上好', '下午好', '再见', '拜拜', '太好了', '你好吗', '晚安', '辛苦了', '感谢', '非常', '太', '了', '大家',
  ],
  whole: true,
};

/** Says only "yes" or "go on": in a conversation it asks for what was asked before. */
export const ASSENT: Lexicon = {
  words: [
    'ok', 'okay', 'yes', 'yeah', 'yep', 'no', 'sure', 'please', 'sounds good', 'got it', 'continue', 'go on', 'go ahead', 'keep going', 'do it', 'do that', 'proceed', 'next', 'try again', 'again', 'more',
    'sí', 'si', 'vale', 'de acuerdo', 'claro', 'por favor', 'adelante', 'continúa', 'sigue', 'hazlo', 'otra vez',
    'ja', 'nein', 'bitte', 'alles klar', 'klar', 'weiter', 'mach weiter', 'mach das', 'nochmal', 'fortfahren',
    'oui', 'non', "d'accord", 'bien sûr', "s'il te plaît", "s'il vous plaît", 'continuez', 'vas-y', 'allez-y', 'fais-le', 'encore',
  ],
  anywhere: [
    '네', '예', '응', '그래', '알겠습니다', '알겠어요', '계속해주세요', '계속해줘', '계속해', '계속', '진행해줘', '진행해', '부탁해요', '부탁해', '다시',
    'はい', 'うん', '了解です', '了解', '続けてください', '続けて', 'お願いします', 'お願い', '進めてください', '進めて', 'もう一度',
    '好的', '好', '是的', '是', '对', '继续', '请继续', '请', '可以', '行', '明白了', '再来一次',
  ],
  whole: true,
};

/**
 * Everyday closed questions: answered in a word or two by any model that speaks the language. Patterns over a lower-cased
 * turn of at most a dozen words; nothing that needs looking up in a specialist's book.
 */
export const EVERYDAY: readonly RegExp[] = [
  /\b(?:capital|currency|official language|population|continent|flag) (?:city )?of\b|\bhow many (?:days|hours|minutes|seconds|weeks|months|years|continents|legs|sides|letters|cents|planets|grams|meters|metres|inches|feet) (?:are |is |does |do |has |have )?/,
  /\bwhat (?:time|day|date|year|month) is it\b|\bwhat(?:'s| is) (?:your name|the opposite of|the plural of|the past tense of)\b|\bwho are you\b|\bhow do you (?:say|spell)\b|\b(?:what does|what do) [\w.]{1,12} (?:stand for|mean)\b|\bwhat colou?r (?:is|are)\b|\b(?:is|are) (?:the )?(?:earth|sun|water|sky|ice|fire|grass|snow|whales?|cats?|dogs?|birds?|tomato(?:es)?|bananas?|milk)\b/,
  /^(?:what(?:'s| is) |how much is |calculate |compute |cuánto es |wie viel ist |was ist |combien font? |quanto é )?\d{1,4} ?(?:\+|-|−|×|x|\*|plus|minus|times|más|por|menos|mal|fois|moins) ?\d{1,3} ?[=?？]*$/,
  /\b(?:capital|moneda|idioma oficial|población|bandera) de\b|\bcuánt[oa]s (?:días|horas|minutos|segundos|semanas|meses|continentes|patas|lados|letras|planetas) |\bqué (?:hora|día|fecha) es\b|\bcómo te llamas\b|\bcómo se (?:dice|escribe)\b|\bde qué color\b|\bqué significa \w+\?$/,
  /\b(?:hauptstadt|währung|amtssprache|einwohnerzahl|flagge) (?:von|der|des)\b|\bwie viele (?:tage|stunden|minuten|sekunden|wochen|monate|kontinente|beine|seiten|buchstaben|planeten) |\bwie spät ist\b|\bwelche[rs]? (?:tag|datum) ist\b|\bwie heißt du\b|\bwas heißt \w+ auf\b|\bwelche farbe\b/,
  /\b(?:capitale|monnaie|langue officielle|population|drapeau) (?:de|du|d)\b|\bcombien (?:de |d')(?:jours|heures|minutes|secondes|semaines|mois|continents|pattes|côtés|lettres|planètes|planetes)\b|\bquelle heure\b|\bquel jour\b|\bcomment t'appelles|\bcomment (?:dit|écrit)-on\b|\bde quelle couleur\b/,
  /(?:수도|통화|공용어|인구|국기)[는은가이]|(?:며칠|몇 (?:시간|분|초|주|달|개월|개의 대륙|개))[은이가인]?|지금 몇 시|오늘 (?:무슨 요일|며칠)|이름이 (?:뭐|무엇)|무슨 색|(?:영어|일본어|중국어)로 (?:뭐|어떻게)/,
  /(?:首都|通貨|公用語|人口|国旗)(?:は|って)|(?:何日|何時間|何分|何秒|何週間|何か月|何ヶ月|いくつ)(?:あり|です|の)|今何時|何曜日|お?名前は|何色|(?:英語|韓国語|中国語)で(?:何|どう)/,
  /(?:首都|货币|官方语言|人口|国旗)(?:是|有|在)|(?:多少|几)(?:天|小时|分钟|秒|周|个月|大洲|条腿|个字母)|几点了|星期几|你叫什么|什么颜色|用(?:英语|日语|韩语)怎么说/,
];

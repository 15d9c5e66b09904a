//! Phrases that explain nothing: 核实无误, 情况属实, and whatever is put together from such.
//!
//! A short reason is a reason (撤并3所村小), a long assurance is none. So length says nothing
//! here: what counts is whether anything is left once the assurances are taken out.

use crate::spelling::fold;
use crate::words::Text;

/// How like a listed phrase a text must be to be taken for it.
const ALIKE: f64 = 0.8;
/// What assurances are put together from.
const PIECES: &[&str] = &[
    "重庆市",
    "教育委员会",
    "教育局",
    "区教委",
    "县教委",
    "教委",
    "经认真",
    "认真",
    "再次",
    "反复",
    "多次",
    "逐项",
    "逐一",
    "核实",
    "核对",
    "核查",
    "复核",
    "检查",
    "确认",
    "查证",
    "查实",
    "审核",
    "情况",
    "数据",
    "数字",
    "数值",
    "填报",
    "上报",
    "报送",
    "所报",
    "所填",
    "以上",
    "上述",
    "该项",
    "本项",
    "此项",
    "无误",
    "属实",
    "正确",
    "准确",
    "真实",
    "正常",
    "一致",
    "可靠",
    "有效",
    "没有",
    "问题",
    "错误",
    "无误差",
    "确实",
    "如此",
    "实际",
    "情况如此",
    "我区",
    "我县",
    "我市",
    "我校",
    "本区",
    "本县",
    "本校",
    "单位",
    "学校",
    "区县",
    "均",
    "皆",
    "都",
    "为",
    "是",
    "的",
    "了",
    "经",
    "已",
    "无",
    "与",
    "和",
    "符",
    "相",
    "不存在",
    "特此",
    "说明",
    "同意",
    "请",
    "予以",
    "通过",
    "知悉",
    "收到",
    "好",
    "对",
];
/// The same in English.
const WORDS: &[&str] = &[
    "checked",
    "verified",
    "confirmed",
    "correct",
    "true",
    "accurate",
    "ok",
    "okay",
    "fine",
    "right",
    "no",
    "problem",
    "problems",
    "error",
    "errors",
    "mistake",
    "is",
    "are",
    "was",
    "were",
    "the",
    "all",
    "data",
    "figure",
    "figures",
    "number",
    "numbers",
    "and",
    "as",
    "reported",
    "have",
    "has",
    "been",
    "we",
    "it",
    "its",
    "yes",
    "indeed",
    "really",
    "again",
    "this",
    "these",
];

/// Why a text is no explanation, where it is none. `listed` are the office's own phrases.
pub fn why_empty(text: &str, listed: &[String]) -> Option<Text> {
    let plain = plain(text);
    let says_nothing = plain.is_empty() || is_assurance(&plain) || is_listed(&plain, listed);
    says_nothing.then(|| {
        let text = text.trim();
        both!(
            "“{text}”没有说出原因，未采纳；请写明数字为什么是这样，例如“撤并3所村小”",
            "`{text}` gives no reason and was not taken: say why the figure is what it is, for instance `3 village schools merged`"
        )
    })
}

/// Letters and digits alone, widths made one.
fn plain(text: &str) -> String {
    let folded = fold(text).to_lowercase();
    folded.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn is_assurance(plain: &str) -> bool {
    made_of(plain, if plain.is_ascii() { WORDS } else { PIECES })
}

/// Whether a text without spaces is nothing but some of these words.
fn made_of(text: &str, words: &[&str]) -> bool {
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for at in 0..text.len() {
        if !reached[at] {
            continue;
        }
        for word in words {
            if text[at..].starts_with(word) {
                reached[at + word.len()] = true;
            }
        }
    }
    reached[text.len()]
}

fn is_listed(text: &str, listed: &[String]) -> bool {
    let mut listed = listed.iter().map(|phrase| plain(phrase));
    listed.any(|phrase| {
        text == phrase || strsim::normalized_damerau_levenshtein(text, &phrase) >= ALIKE
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::written::Answers;

    #[test]
    fn assurances_are_no_reasons_however_long() {
        let listed = Answers::default().empty;
        for text in [
            "核实无误",
            "情况属实。",
            "经核实，数据无误！",
            "经我区教委认真核实，所报数据真实准确，情况属实",
            "无误",
            "正确",
            "已核实",
            "没有问题",
            "……",
            "   ",
            "数据核实无误 。",
            "Checked, OK",
            "the figures are correct",
            "經核實數據無誤",
        ] {
            assert!(why_empty(text, &listed).is_some(), "{text}");
        }
    }

    #[test]
    fn reasons_are_taken_however_short() {
        let listed = Answers::default().empty;
        for text in [
            "撤并3所村小",
            "新校投用",
            "扩招",
            "去年漏报",
            "政策调整",
            "3所",
            "新增名师工作室2个",
            "new school",
            "merged",
            "上年数已更正",
            "核实无误，因新建巴南小学，招生增加320人",
            "疫情",
        ] {
            assert_eq!(why_empty(text, &listed), None, "{text}");
        }
    }
}

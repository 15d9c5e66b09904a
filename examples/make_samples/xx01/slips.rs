//! What the districts got wrong in XX01, and what only looks wrong.
//!
//! A slip is made in the lines as they are typed, and noted for every rule that finds it.

use super::{BEFORE, BUILT, CHANGE, CODE, EQUIPMENT, KIND, Line, Place, SCHOOL, SETTING};
use super::{Sent, Slip};
use crate::city::{District, Period, transposed};
use crate::figures::Shown;
use crate::page::Value;
use crate::schools;

/// Where the seven indicators are told: the first of their columns.
const LOWEST: usize = 24 + BEFORE;

/// What a district sends, with its slips.
pub fn sent((place, district): (usize, &District), period: Period) -> Sent {
    let schools = schools::list(place, period.year);
    let mut sent = Sent {
        lines: schools.iter().map(Line::of).collect(),
        ..Sent::default()
    };
    let name = &*district.name;
    true_but_unusual(name, &mut sent);
    if period.year == 2022 {
        a_year_ago(name, &mut sent);
    } else {
        codes(name, &mut sent);
        words(name, &mut sent);
        figures(name, &mut sent);
        of_which(name, &mut sent);
        units(name, &mut sent);
        totals(name, &mut sent);
        if district.name == "铜梁区" {
            to_be_corrected(&mut sent);
        }
    }
    sent
}

/// Asked about, told to the city's staff, or passed in silence: all of it is as it should be.
fn true_but_unusual(name: &str, sent: &mut Sent) {
    let size = |line: &Line| line.figure(8) + line.figure(15);
    match name {
        "九龙坡区" => {
            let line = sent.find(0, |line| {
                line.figure(8) > 2000 && line.word(BUILT) == "2016"
            });
            let what = format!(
                "2016年建成的小学有在校生{}人，属实，须说明",
                size(&sent.lines[line])
            );
            sent.found(line, 8 + BEFORE, "XX01-203", &what);
        }
        "渝北区" => {
            let line = sent.find(0, |line| {
                line.figure(8) > 2400 && line.word(BUILT) == "1996"
            });
            let what = format!(
                "1996年建成的小学有在校生{}人，超过放宽后的上限",
                size(&sent.lines[line])
            );
            sent.found(line, 8 + BEFORE, "XX01-204", &what);
        }
        "江北区" => {
            let line = sent.find(0, |line| {
                2 * line.figure(20) > size(line) && size(line) > 2000
            });
            sent.never(line, 8 + BEFORE, "随迁子女过半，规模按放宽后的上限");
        }
        "巴南区" => {
            let line = sent.find(0, |line| line.figure(8) > 2000);
            sent.never(line, 8 + BEFORE, "2010年及之前建成，规模按放宽后的上限");
        }
        "渝中区" => {
            for nth in 0..2 {
                let line = sent.find(nth, |line| line.figure(32) < 5 * line.figure(7));
                sent.found(line, 32 + BEFORE, "XX01-305", "老城区场馆面积不足，属实");
                sent.found(
                    line,
                    LOWEST,
                    "XX01-323",
                    "老城区场馆面积不足标准的85%，属实",
                );
            }
        }
        "城口县" => {
            let line = sent.find(0, |line| 1000 * line.figure(34) < 23 * line.figure(7));
            sent.found(line, 34 + BEFORE, "XX01-307", "网络多媒体教室不足，属实");
        }
        "巫山县" => {
            let line = sent.find(0, |line| 2 * line.figure(32) < 15 * line.figure(8));
            sent.found(line, 32 + BEFORE, "XX01-305", "场馆面积不足，属实");
            sent.found(line, 34 + BEFORE, "XX01-307", "网络多媒体教室不足，属实");
            sent.found(line, LOWEST, "XX01-321", "七项指标有两项不达标，属实");
            sent.found(
                line,
                LOWEST,
                "XX01-323",
                "网络多媒体教室不足标准的85%，属实",
            );
        }
        "酉阳土家族苗族自治县" => {
            sent.district("XX01-335", "县城体育场归一所小学，差异系数大，属实");
        }
        _ => {}
    }
}

/// The lists of 2022 had slips of their own.
fn a_year_ago(name: &str, sent: &mut Sent) {
    match name {
        "涪陵区" => {
            let line = sent.find(1, |line| line.figure(17) > 100);
            let less = sent.lines[line].figure(17) - 100;
            sent.lines[line].put(17, less);
            sent.found(
                line,
                15 + BEFORE,
                "XX01-103",
                "八年级漏填百位，小计不等于各年级之和",
            );
        }
        "綦江区" => {
            let line = sent.find(2, |line| line.figure(2) > 12);
            sent.lines[line].put(5, 46);
            sent.found(
                line,
                5 + BEFORE,
                "XX01-201",
                "小学最大班额46人，属实，须说明",
            );
        }
        _ => {}
    }
}

fn codes(name: &str, sent: &mut Sent) {
    match name {
        "巴南区" => {
            let line = sent.find(3, |line| line.word(KIND) == "小学");
            sent.lines[line].values[CODE] = "5.00113E+09".into();
            sent.found(line, CODE, "XX01.code.type", "标识码成了5.00113E+09");
            sent.vanished("标识码成了5.00113E+09的学校，上年的标识码没有了");
        }
        "黔江区" => {
            let line = sent.find(2, |line| line.word(KIND) == "小学");
            sent.lines[line].values[CODE] = 136_i64.into();
            sent.found(
                line,
                CODE,
                "XX01.code.pattern",
                "填四位校内代码0136，前面的0丢了",
            );
            sent.vanished("标识码填了校内代码的学校，上年的标识码没有了");
        }
        "南岸区" => {
            let line = sent.find(0, |line| line.word(CHANGE) == "新建");
            sent.lines[line].values[CODE] = Value::Blank;
            sent.found(line, CODE, "XX01.rows", "新建学校尚无标识码，空着没填");
        }
        "石柱土家族自治县" => {
            let line = sent.find(4, |line| line.word(KIND) == "小学");
            sent.lines[line].values[CODE] = sent.lines[line - 1].values[CODE].clone();
            for line in [line - 1, line] {
                sent.found(line, CODE, "XX01.code.unique", "标识码上下两行相同");
            }
            sent.vanished("标识码误抄上一行的学校，上年的标识码没有了");
        }
        "沙坪坝区" => {
            let moved = schools::handed_over(6, 2023);
            let line = sent.lines.len();
            sent.lines.push(Line::of(&moved));
            sent.lines[line].values[CHANGE] = "—".into();
            sent.found(line, CODE, "XX01-111", "已划转高新区的学校仍在填报");
        }
        "高新区" => {
            let line = sent.find(0, |line| line.word(CHANGE) == "划转");
            sent.found(
                line,
                CODE,
                "XX01-111",
                "沙坪坝区划转来的学校，沙坪坝区也报了",
            );
        }
        "渝北区" => {
            sent.vanished("一所小学划转两江新区，属实，须说明");
        }
        "南川区" => {
            let line = sent.find(0, |line| line.word(CHANGE) == "新建");
            sent.lines[line].values[CHANGE] = "—".into();
            sent.found(line, CHANGE, "XX01-207", "新建学校未写明变动情况");
        }
        "奉节县" => {
            for line in &mut sent.lines {
                let code: i64 = line.word(CODE).parse().expect("a code is a number");
                line.values[CODE] = code.into();
            }
            sent.never(0, CODE, "标识码存成了数字，十位一位不少");
        }
        "丰都县" => {
            let line = sent.find(5, |line| line.word(KIND) == "小学");
            let left_out = sent.lines.remove(line);
            sent.vanished(&format!("{}漏报", left_out.word(SCHOOL)));
        }
        _ => {}
    }
}

fn words(name: &str, sent: &mut Sent) {
    match name {
        "巫山县" => {
            let line = sent.find(1, |line| line.word(KIND) == "小学");
            sent.lines[line].values[KIND] = "完小".into();
            sent.found(line, KIND, "XX01.kind.one_of", "办学类型填“完小”");
        }
        "开州区" => {
            let line = sent.find(2, |line| line.word(SETTING) == "乡村");
            sent.lines[line].values[SETTING] = "农村".into();
            sent.found(line, SETTING, "XX01.area_type.one_of", "城乡类型填“农村”");
        }
        "江北区" => {
            let line = sent.find(7, |line| line.word(KIND) == "小学");
            sent.lines[line].values[BUILT] = Shown {
                digits: 20_159,
                decimals: 1,
            }
            .into();
            sent.found(line, BUILT, "XX01.built.type", "建成年份填2015.9");
        }
        "彭水苗族土家族自治县" => {
            let line = sent.find(6, |_| true);
            sent.found(line, SCHOOL, "XX01.school.required", "学校名称未填");
            sent.lines[line].values[SCHOOL] = Value::Blank;
        }
        "万盛经开区" => {
            let line = sent.find(3, |_| true);
            let about = sent.lines[line].figure(21) / 10 * 10;
            let typed = format!("约{about}");
            sent.lines[line].values[21 + BEFORE] = typed.as_str().into();
            sent.found(
                line,
                21 + BEFORE,
                "XX01.teachers.type",
                &format!("专任教师填“{typed}”"),
            );
        }
        "万州区" => {
            let line = sent.find(0, |line| line.word(CHANGE) == "撤并");
            sent.lines[line].values[CHANGE] = "—".into();
            sent.found(
                line,
                7 + BEFORE,
                "XX01-205",
                "已撤并的教学点未写撤并，各栏全空",
            );
        }
        "綦江区" => {
            let line = sent.find(3, |line| line.word(KIND) == "初级中学");
            sent.lines[line].values[KIND] = Value::Blank;
            sent.found(line, KIND, "XX01.kind.required", "办学类型未填");
        }
        "垫江县" => {
            sent.never(0, 3 + BEFORE, "小学没有初中，填“—”");
            sent.unsigned = true;
            sent.slips.push(Slip {
                place: Place::Foot,
                column: 0,
                rule: Some("XX01.signatures"),
                what: "填表人未填".to_owned(),
            });
        }
        _ => {}
    }
}

fn figures(name: &str, sent: &mut Sent) {
    match name {
        "大足区" => {
            let line = sent.find(0, |line| {
                let grade = line.figure(11);
                (20..100).contains(&grade) && transposed(grade) > 10 && transposed(grade) != grade
            });
            let truth = sent.lines[line].figure(11);
            let typed = transposed(truth);
            sent.lines[line].put(11, typed);
            let what = format!("三年级{truth}人填成{typed}人，小计不等于各年级之和");
            sent.found(line, 8 + BEFORE, "XX01-102", &what);
        }
        "合川区" => {
            let line = sent.find(1, |line| line.word(KIND) == "完全中学");
            let junior = sent.lines[line].figure(15);
            sent.lines[line].put(7, junior);
            sent.found(line, 7 + BEFORE, "XX01-104", "合计漏加高中在校生");
        }
        "长寿区" => {
            let line = sent.find(2, |line| line.word(KIND) == "九年一贯制学校");
            sent.lines[line].values[7 + BEFORE] = Value::Blank;
            sent.found(line, 7 + BEFORE, "XX01-104", "在校生合计漏填");
        }
        "武隆区" => {
            let line = sent.find(0, |line| line.word(KIND) == "九年一贯制学校");
            let primary = sent.lines[line].figure(2);
            sent.lines[line].put(1, primary);
            sent.found(line, 1 + BEFORE, "XX01-101", "教学班合计漏加初中");
        }
        "潼南区" => {
            let line = sent.find(2, |line| line.word(KIND) == "小学");
            sent.lines[line].put(23, 3);
            let primary = sent.lines[line].figure(22);
            sent.lines[line].put(21, primary + 3);
            sent.found(line, 23 + BEFORE, "XX01-107", "小学填了初中专任教师3人");
        }
        "开州区" => {
            let line = sent.find(4, |line| line.figure(2) > 12);
            sent.lines[line].put(5, 48);
            sent.found(
                line,
                5 + BEFORE,
                "XX01-201",
                "小学最大班额48人，属实，须说明",
            );
        }
        "万州区" => {
            let line = sent.find(1, |line| line.figure(3) > 12);
            sent.lines[line].put(6, 54);
            sent.found(
                line,
                6 + BEFORE,
                "XX01-201",
                "初中最大班额54人，属实，须说明",
            );
        }
        "永川区" => {
            let line = sent.find(1, |line| line.figure(8) > 36 * line.figure(2));
            sent.lines[line].put(5, 35);
            sent.found(line, 8 + BEFORE, "XX01-202", "最大班额填35人，小于平均班额");
        }
        _ => {}
    }
}

fn of_which(name: &str, sent: &mut Sent) {
    match name {
        "忠县" => {
            let line = sent.find(3, |line| line.word(KIND) == "小学");
            let more = sent.lines[line].figure(22) + 4;
            sent.lines[line].put(24, more);
            let what = format!("高于规定学历教师{more}人，多于小学专任教师");
            sent.found(line, 24 + BEFORE, "XX01.degree_primary.part_of", &what);
        }
        "梁平区" => {
            let line = sent.find(2, |line| line.word(KIND) == "小学");
            let (rooms, indoor) = (sent.lines[line].figure(30), sent.lines[line].figure(31));
            sent.lines[line].put(30, indoor);
            sent.lines[line].put(31, rooms);
            let what = "两栏填反，室内体育用房大于教学及辅助用房";
            sent.found(line, 31 + BEFORE, "XX01.indoor_sports.part_of", what);
            sent.found(
                line,
                30 + BEFORE,
                "XX01-304",
                "两栏填反，生均用房面积成了负数",
            );
            sent.found(line, LOWEST, "XX01-323", "两栏填反，最低一项成了负数");
        }
        "渝中区" => {
            let line = sent.find(9, |line| line.figure(20) > 100);
            let tenfold = 10 * sent.lines[line].figure(20);
            sent.lines[line].put(20, tenfold);
            sent.found(line, 20 + BEFORE, "XX01-105", "随迁子女多打一个0");
        }
        "北碚区" => {
            let line = sent.find(0, |line| line.word(KIND) == "九年一贯制学校");
            let primary = sent.lines[line].figure(22);
            sent.lines[line].put(21, primary);
            sent.found(line, 22 + BEFORE, "XX01-106", "专任教师合计漏加初中");
        }
        _ => {}
    }
}

fn units(name: &str, sent: &mut Sent) {
    match name {
        "江津区" => {
            let line = sent.find(8, |line| line.word(KIND) == "小学");
            in_yuan(&mut sent.lines[line]);
            sent.found(line, EQUIPMENT, "XX01-208", "设备值以元填报，应为万元");
            sent.district("XX01-336", "一所学校的设备值以元填报，差异系数因此过大");
        }
        "云阳县" => {
            for line in &mut sent.lines {
                in_yuan(line);
            }
            sent.found(0, EQUIPMENT, "XX01-208", "设备值整栏以元填报，应为万元");
        }
        "荣昌区" => {
            let line = sent.find(6, |line| line.word(KIND) == "小学");
            let tenfold = 10 * sent.lines[line].figure(32);
            sent.lines[line].put(32, tenfold);
            let what = format!(
                "{}的体育运动场馆面积多打一个0",
                sent.lines[line].word(SCHOOL)
            );
            sent.district("XX01-335", &what);
        }
        _ => {}
    }
}

fn totals(name: &str, sent: &mut Sent) {
    if name == "涪陵区" {
        sent.short = Some(21 + BEFORE);
        sent.slips.push(Slip {
            place: Place::Total,
            column: 21 + BEFORE,
            rule: Some("XX01.sums"),
            what: "专任教师合计漏加最后一行".to_owned(),
        });
    }
}

/// Three lines that `three_schools` sends again: their slips are found no more.
fn to_be_corrected(sent: &mut Sent) {
    for line in 0..3 {
        let truth = sent.lines[line].figure(9);
        sent.lines[line].put(9, truth + 10);
        sent.never(line, 8 + BEFORE, "更正前小计不等于各年级之和，更正后相等");
    }
}

/// Thousands of 万元 typed as 元.
fn in_yuan(line: &mut Line) {
    if let Value::Number(equipment) = line.values[EQUIPMENT] {
        line.values[EQUIPMENT] = (equipment * 10_000.0).round().into();
    }
}

impl Sent {
    /// The number of the line that is the so-many-eth of its kind, counted from zero.
    fn find(&self, nth: usize, holds: impl Fn(&Line) -> bool) -> usize {
        let mut lines = (0..self.lines.len()).filter(|line| holds(&self.lines[*line]));
        lines.nth(nth).expect("the district has such a school")
    }

    fn found(&mut self, line: usize, column: usize, rule: &'static str, what: &str) {
        self.slips.push(Slip {
            place: Place::Line(line),
            column,
            rule: Some(rule),
            what: format!("{}：{what}", self.lines[line].word(SCHOOL)),
        });
    }

    /// What is found in the district as a whole, at no cell.
    fn district(&mut self, rule: &'static str, what: &str) {
        self.slips.push(Slip {
            place: Place::Nowhere,
            column: CODE,
            rule: Some(rule),
            what: what.to_owned(),
        });
    }

    /// A code of the year before is not there.
    fn vanished(&mut self, what: &str) {
        self.district("XX01-206", what);
    }

    fn never(&mut self, line: usize, column: usize, what: &str) {
        self.slips.push(Slip {
            place: Place::Line(line),
            column,
            rule: None,
            what: format!("{}：{what}", self.lines[line].word(SCHOOL)),
        });
    }
}

/** What the members of the policy are called in both languages, for people who read a difference of two versions. No rule depends on it. */
import type { BilingualText } from '../text.ts'

/** Name and Chinese label; the English one is the name in words. */
const table = `
grading 分级; assessment 评估; handling 异常处置; reports 报告; publication 发布流程; measures 措施; channels 发布渠道; exchange 数据交换;
recalls 召回; supervision 差异化监管; id 标识; version 版本; source 依据; rows 行; level 级别; levels 各级; scope 影响范围; urgency 紧急程度;
harm 危害性; values 取值; lots 批次; holders 持有方; regions 地区; goods 货物; harmAtLeast 危害性不低于; spreadAtLeast 紧急或范围不低于;
harmUnknown 未登记产品的危害; closed 已结束; open 未结束; noticeable 明显恶化; fast 迅速恶化; spoilt 已变质; away 已离开原处; onSale 在售;
sold 已售; complaints 投诉; injuries 伤害; kelvinPerHour 每小时开尔文; doseShareSpoilt 视为变质的剂量份额; matrix 风险矩阵; above 概率高于;
probabilityStep 概率一步的倍数; harmOf 风险对应的危害; low 低; medium 中; high 高; serious 严重; foundation 评估依据指数权重; evidence 证据数量;
kinds 种类; basis 概率依据; robustness 稳健性; evidenceEnough 足够的证据数; evidenceKindsEnough 足够的证据种类数; qualityWeights 质量指数权重;
shelveMsMax 最长搁置毫秒; severity 严重度; limit 超限; excursion 温度偏离; cumulativeExcursion 累计超温; meanKineticTemperature 平均动力学温度;
grossRange 超量程; rate 比率; spike 突跳; flatLine 读数不变; attenuated 波动过小; neighbour 邻近不一致; drift 漂移; gap 数据中断;
recordingInterval 记录间隔; clock 时钟; clocks 时限; novelty 形态异常; clonedSerial 序列号重复; impossibleTravel 不可能的移动;
brokenSequence 环节断裂; missingInspection 缺少检验; useAfterEnd 终结后使用; dwell 停留过久; massBalance 物料不平衡;
movedAlthoughHeld 扣留后移动; unregistered 未登记; lateEvent 迟报事件; aggregationMismatch 包装不符; complaintSurge 投诉激增;
injurySurge 伤害激增; overdueSampling 抽样逾期; shelvedDrafts 搁置时仍起草; chatter 反复触发; windowMs 窗口毫秒; transitions 变化次数;
flood 告警泛滥; openings 开启次数; reliability 可靠性; consumerComplaint 消费者投诉; company 企业; inspectionBody 检验检测机构;
certificationBody 认证机构; university 高校; association 行业协会; publicOpinion 舆情; injurySurvey 伤害调查;
foodborneDiseaseSurvey 食源性疾病调查; counterfeitSearch 假冒搜集; bilateralNotice 双边通报; trafficAccident 交通事故; fire 火灾;
singleWindow 单一窗口; insider 业内举报; attachments 附件; perReportMax 每份报告上限; bytesMax 字节上限; totalBytesMax 总字节上限;
mediaTypes 媒体类型; intake 受理; publicPerHourPerNetworkMax 每网络每小时公众上限; publicPerHourMax 每小时公众上限; linksInTextMax 文中链接上限;
bulkRowsMax 批量行数上限; duplicates 去重; similarity 相似度; textLengthMin 最短文本; linking 关联; candidatesMax 候选上限;
candidateScore 候选得分; linkScore 关联得分; linkMargin 关联差距; personalDataKeptMs 个人信息保存毫秒; drafting 起草; anomalyTypes 异常类型;
kind 类型; consumersAtLeast 消费者处件数不低于; portsAtLeast 口岸件数不低于; I Ⅰ级; II Ⅱ级; III Ⅲ级; IV Ⅳ级; authority 权限机关; right 权利;
name 名称; separation 职责分离; assessMs 评估时限毫秒; approveMs 批准时限毫秒; publishMs 发布时限毫秒; evaluateMs 效果评价时限毫秒;
fastPath 快速发布; evaluationFor 须有效果评价; raised 升级; extended 延期; mandatoryMeasures 强制性措施; numbering 编号; prefix 前缀;
drillPrefix 演练前缀; digits 位数; evaluation 效果评价; quietMs 平静毫秒; recallShareToLift 建议解除的召回份额;
measuresShareToLower 建议降级的措施份额; food 食品; procedure 程序; allowed 允许的措施; acknowledgeMs 确认时限毫秒; executeMs 执行时限毫秒;
proofRequired 须有证明; escalations 逐级上报; steps 步骤; afterMs 逾期毫秒; to 送达; control 布控; rules 规则; measure 措施; direction 方向;
action 动作; reach 范围; refreshMs 刷新毫秒; releaseShownMs 解除显示毫秒; applyMs 生效毫秒; issuer 发布者; sender 发送者; contact 联系方式;
certainty 确定性; anomaly 异常; report 报告; certificate 证书; manual 人工; utcOffset 时差; audience 受众; drills 演练; receivers 接收方;
channel 渠道; address 地址; ports 口岸; retry 重试; firstMs 首次等待毫秒; longestMs 最长等待毫秒; deadAfterMs 放弃毫秒; subscriptions 订阅;
max 上限; perAddressMax 每地址上限; confirmWithinMs 确认期限毫秒; mailsPerHourMax 每小时邮件上限; digestMs 汇总毫秒;
declarationVersions 申报版本; instructionVersion 指令版本; receiptWithinMs 回执期限毫秒; reportWithinMs 报告期限毫秒;
investigateWithinMs 调查期限毫秒; planWithinMs 计划期限毫秒; orderedPlanWithinMs 责令计划期限毫秒; orderAtOnceFromHarm 立即责令的危害;
completeWithinMs 完成期限毫秒; respondWithinMs 答复期限毫秒; remediesAtLeast 补救方式不少于; headline 标题; wordsSource 用语依据;
words 用语; language 语言; text 文本; why 理由; outcomesSource 结果依据; outcomes 结果; quarantined 已隔离; bizSteps 业务步骤;
dispositions 处置状态; places 地点; transactions 单证; returned 已退回; corrected 已改正; destroyed 已销毁; released 已放行;
effectivenessSource 有效性依据; effectiveness 有效性检查; share 份额; below 低于; effectiveShareAtLeast 有效份额不低于;
correctionMonthsMax 改正月数上限; noticeMail 通知邮件; perMinuteMax 每分钟上限; plans 计划; overdueShare 逾期份额; graceMs 宽限毫秒; modes 监管方式; names 名称表; inspection 检验;
sampling 抽查; verification 验证; guarantee 合格保证; acceptance 采信; rates 比率; inspectFromHarm 须检验的危害; inspectGrades 检验的信用等级;
acceptGrades 采信的信用等级; guaranteeGrades 保证的信用等级; acceptUpToHarm 可采信的危害; historyMs 历史毫秒;
inspectFromNonConformities 须检验的不合格次数; untilMs 截止毫秒; credit 信用; start 初始分; countsMs 计分毫秒; points 分值;
conformantInspection 检验合格; voluntaryReport 主动报告; recallDoneInTime 按时召回; nonConformity 不合格; lateReport 迟报;
orderNotCarriedOut 未执行指令; concealment 隐瞒缺陷; falseDocument 虚假单证; seriousViolation 严重违法; gradesFrom 等级起点; A A级; B B级;
C C级; appealWithinMs 申诉期限毫秒; blacklist 黑名单; grounds 列入事由; stayAtLeastMs 最短列入毫秒
`

const chinese = new Map(
  table.split(';').map((entry) => {
    const [name = '', label = ''] = entry.trim().split(' ')
    return [name, label]
  })
)

/** Member names that have no label yet; they are shown as they are. */
export function isLabelled(name: string): boolean {
  return chinese.has(name)
}

function labelOf(name: string): BilingualText {
  if (/^\d+$/.test(name)) return { zh: `第 ${Number(name) + 1} 项`, en: `item ${Number(name) + 1}` }
  const words = /^[A-Z]+$/.test(name)
    ? name
    : name.replaceAll(/([a-z])([A-Z])/g, (_whole, left: string, right: string) => `${left} ${right.toLowerCase()}`)
  return { zh: chinese.get(name) ?? name, en: words }
}

/** Of a JSON pointer into the policy: `/grading/rows/0/level` is `分级 › 行 › 第 1 项 › 级别` and `grading › rows › item 1 › level`. */
export function labelOfPointer(pointer: string): BilingualText {
  const labels = pointer
    .split('/')
    .slice(1)
    .map((part) => labelOf(part.replaceAll('~1', '/').replaceAll('~0', '~')))
  return { zh: labels.map((label) => label.zh).join(' › '), en: labels.map((label) => label.en).join(' › ') }
}

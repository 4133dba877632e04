/** Chinese texts of the public trace page. */
import type { traceEn } from './trace-en.ts'

export const traceZh: Readonly<Record<keyof typeof traceEn, string>> = {
  'public.title': '查询您购买的商品',
  'public.about': '输入或扫描包装上的代码，查看商品历程及相关警示。',
  'public.code': '包装上的代码',
  'public.hint': '支持 GTIN、SSCC、带括号的代码如 (01)…(21)…，或二维码中的网址。也可使用 USB 扫描枪。',
  'public.look': '查询',
  'public.brand': '品牌：{{brand}}',
  'public.unknown': '我们尚未收到该商品的任何事件。这本身并不说明商品是假冒或不安全的。',
  'public.noWarning': '没有已发布的警示涉及该商品。',
  'public.since': '自 {{time}} 起生效',
  'public.asOf': '数据截至 {{time}}',
  'public.foot': '本页显示企业、口岸与实验室的记录。无需登录；您的查询不会与您个人关联。',
  'scan.camera': '用摄像头扫描',
  'scan.stop': '关闭摄像头',
  'scan.photo': '从照片识别',
  'scan.nothing': '图片中没有找到代码。请靠近、增加光线后重试，或手动输入。',
  'scan.photoFailed': '无法读取该照片。请使用 PNG 或 JPEG 图片，或手动输入代码。',
  'scan.cameraFailed': '无法使用摄像头。请在浏览器中允许使用，或手动输入代码。'
}

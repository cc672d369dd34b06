/**
 * In which state a ZIP code lies, from another source than the importer's, which goes by three-digit prefixes: lowest and
 * highest whole code of each state, with the codes that lie apart, as commonly published. Codes of the armed forces are of
 * no state: `military`.
 */
export function stateByRange(zip: string): string | undefined {
  return RANGES.find(([, from, to]) => zip >= from && zip <= to)?.[0]
}

const RANGES: readonly [string, string, string][] = `
NY 06390 06390, TX 73301 73301, TX 88510 88589, TX 75503 79999, TX 75001 75501, AR 75502 75502, AR 71601 72959,
GA 39901 39901, GA 30001 31999, MS 38601 39776, MA 05501 05544, MA 01001 02791, RI 02801 02940, NH 03031 03897,
ME 03901 04992, VT 05001 05907, CT 06001 06928, NJ 07001 08989, military 09001 09899, NY 10001 14975, PA 15001 19640,
DE 19701 19980, VA 20101 20199, DC 20001 20599, MD 20600 21930, VA 22001 24658, WV 24701 26886, NC 27006 28909,
SC 29001 29948, military 34001 34099, FL 32004 34997, AL 35004 36925, TN 37010 38589, KY 40003 42788, OH 43001 45999,
IN 46001 47997, MI 48001 49971, IA 50001 52809, WI 53001 54990, MN 55001 56763, SD 57001 57799, ND 58001 58856,
MT 59001 59937, IL 60001 62999, MO 63001 65899, KS 66002 67954, NE 68001 69367, LA 70001 71497, OK 73001 73199,
OK 73401 74966, CO 80001 81658, WY 83101 83128, WY 82001 83100, ID 83201 83876, UT 84001 84784, AZ 85001 86556,
NM 87001 88441, NV 88901 89883, CA 90001 96162, military 96200 96699, AS 96799 96799, HI 96701 96898, OR 97001 97920,
WA 98001 99403, AK 99501 99950, PR 00600 00799, VI 00801 00851, PR 00900 00988`
  .trim()
  .split(/,\s+/)
  .map((range) => range.split(' ') as [string, string, string])

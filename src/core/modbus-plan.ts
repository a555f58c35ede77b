// Which requests read all registers of a slave: neighbours of one table together, as many as a frame
// takes. A gap is never read across, for the slave may refuse what is in it.

import type { ModbusRegister, ModbusSlave } from './serial-config.ts';
import { functionCodes, registerWidth } from './serial-config.ts';

export interface ModbusRequest {
  readonly slave: number;
  readonly functionCode: number;
  readonly address: number;
  /** Registers, or bits. */
  readonly count: number;
}

/** MODBUS Application Protocol 1.1b3, 6.1 and 6.3. */
const REGISTERS_MAX = 125;
const BITS_MAX = 2000;

export function planRequests({ slave, registers }: ModbusSlave): ModbusRequest[] {
  const codes = [...new Set(registers.map((register) => functionCodes[register.function]))];
  return codes.flatMap((functionCode) => {
    const table = registers.filter((each) => functionCodes[each.function] === functionCode);
    const countMax = functionCode <= 2 ? BITS_MAX : REGISTERS_MAX;
    return planTable(table, countMax).map((range) => ({ slave, functionCode, ...range }));
  });
}

function planTable(
  registers: readonly ModbusRegister[],
  countMax: number,
): { address: number; count: number }[] {
  const ranges: { address: number; count: number }[] = [];
  for (const register of registers.toSorted((a, b) => a.address - b.address)) {
    const end = register.address + registerWidth(register.type);
    const last = ranges.at(-1);
    const isNear = last !== undefined && register.address <= last.address + last.count;
    if (isNear && end - last.address <= countMax) {
      last.count = Math.max(last.count, end - last.address);
    } else {
      ranges.push({ address: register.address, count: end - register.address });
    }
  }
  return ranges;
}

/** The bytes of the answer, checksum included. */
export function answerBytes({ functionCode, count }: ModbusRequest): number {
  return 5 + (functionCode <= 2 ? Math.ceil(count / 8) : 2 * count);
}

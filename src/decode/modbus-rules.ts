// What becomes of a Modbus slave's answers: for each request a profile of bytes, made of the registers
// that the config lists. The frame is kept whole in a dead letter, and its checksum is verified here.

import { answerBytes, type ModbusRequest, planRequests } from '../core/modbus-plan.ts';
import type {
  ModbusRegister,
  ModbusSlave,
  RegisterType,
  SerialPortConfig,
} from '../core/serial-config.ts';
import { functionCodes, modbusTopic, registerWidth, sourceNameOf } from '../core/serial-config.ts';
import { compileProfile } from './compile-profile.ts';
import type { ProfileDocument } from './profile-schema.ts';
import type { Rule } from './rule.ts';

/** Rules by source and topic of the message. */
export type PortTopicRules = ReadonlyMap<string, ReadonlyMap<string, Rule>>;

/** Slave, function and byte count come first. */
const HEADER_BYTES = 3;

type ByteField = NonNullable<ProfileDocument['bytes']>['fields'][string];

const byteTypes = {
  uint16: 'u16',
  int16: 'i16',
  uint32: 'u32',
  int32: 'i32',
  float32: 'f32',
} as const satisfies Partial<Record<RegisterType, ByteField['type']>>;

/** `problems` are registers that cannot be: a unit that the metric does not have, a name that is none. */
export function modbusRules(ports: readonly SerialPortConfig[]): {
  readonly rules: PortTopicRules;
  readonly problems: readonly string[];
} {
  const problems: string[] = [];
  const rules = new Map<string, Map<string, Rule>>();
  for (const port of ports) {
    if (port.kind !== 'modbus') continue;
    const byTopic = new Map<string, Rule>();
    for (const slave of port.modbus.slaves) {
      for (const request of planRequests(slave)) {
        const { profile, problems: found } = compileProfile(profileOf(slave, request));
        for (const { message } of found) {
          problems.push(`serial ${port.name}, slave ${slave.slave}: ${message}`);
        }
        const rule = profile?.portRule ?? null;
        if (rule !== null) byTopic.set(modbusTopic(port.name, request), rule);
      }
    }
    rules.set(sourceNameOf(port), byTopic);
  }
  return { rules, problems };
}

function profileOf(slave: ModbusSlave, request: ModbusRequest): ProfileDocument {
  const registers = slave.registers.filter((register) => isIn(register, request));
  const named = registers.map((register, index) => ({ name: `r${index}`, register }));
  return {
    profile: 'modbus-rtu',
    format: 'bytes',
    device: slave.device,
    checksum: { kind: 'crc16-modbus', endian: 'little' },
    bytes: {
      length: answerBytes(request),
      fields: Object.fromEntries(
        named.map(({ name, register }) => [name, fieldOf(register, request)]),
      ),
    },
    readings: named.map(({ name, register }) => ({
      at: name,
      metric: register.metric,
      ...(register.unit === '' ? {} : { unit: register.unit }),
      ...(register.channel === '' ? {} : { channel: register.channel }),
      scale: register.scale,
      offset: register.offset,
    })),
  };
}

function isIn(register: ModbusRegister, { functionCode, address, count }: ModbusRequest): boolean {
  const end = register.address + registerWidth(register.type);
  const isOfTable = functionCodes[register.function] === functionCode;
  return isOfTable && register.address >= address && end <= address + count;
}

function fieldOf(register: ModbusRegister, { address }: ModbusRequest): ByteField {
  const place = register.address - address;
  if (register.type === 'bit') {
    return { offset: HEADER_BYTES + (place >> 3), type: 'u8', bits: [place % 8, 1] };
  }
  const isSwapped = registerWidth(register.type) === 2 && register.wordOrder === 'little';
  return {
    offset: HEADER_BYTES + 2 * place,
    type: byteTypes[register.type],
    ...(isSwapped ? { endian: 'big-swapped' } : {}),
  };
}

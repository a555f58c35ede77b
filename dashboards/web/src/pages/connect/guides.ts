// How the usual devices and programs are told where the gateway is: lines to copy, with its real
// addresses in them.
import { endpointText, type Reach } from './reach.ts';

export interface Addresses {
  readonly mqtt: Reach;
  readonly grpc: Reach;
  readonly http: Reach;
}

export interface Step {
  readonly text: string;
  readonly lines?: string;
}

export interface Guide {
  readonly name: string;
  readonly title: string;
  /** `send` gives readings to the gateway, `read` takes them from it. */
  readonly kind: 'send' | 'read';
  readonly steps: (addresses: Addresses) => readonly Step[];
}

export const guides: readonly Guide[] = [
  {
    name: 'mosquitto',
    title: 'mosquitto_pub',
    kind: 'send',
    steps: ({ mqtt: { near } }) => [
      {
        text: 'One reading from a terminal. It returns when the reading is on disk.',
        lines: `mosquitto_pub -h ${near.host} -p ${near.port} -q 1 -t home/kitchen/temperature -m 21.5`,
      },
      {
        text: 'Several at once, as JSON:',
        lines: `mosquitto_pub -h ${near.host} -p ${near.port} -q 1 -t sensors/cellar/json -m '{"temp":12.25,"humidity":71}'`,
      },
      { text: 'It is in Debian’s package mosquitto-clients.' },
    ],
  },
  {
    name: 'arduino',
    title: 'Arduino',
    kind: 'send',
    steps: ({ mqtt: { far } }) => [
      {
        text: 'For an ESP32 or ESP8266, with the library PubSubClient:',
        lines: `#include <WiFi.h>
#include <PubSubClient.h>

WiFiClient network;
PubSubClient mqtt(network);

void setup() {
  WiFi.begin("your network", "its password");
  while (WiFi.status() != WL_CONNECTED) delay(200);
  mqtt.setServer("${far.host}", ${far.port});
}

void loop() {
  if (!mqtt.connected()) mqtt.connect("kitchen");
  float celsius = 21.5;  // what your sensor says
  mqtt.publish("home/kitchen/temperature", String(celsius).c_str());
  mqtt.loop();
  delay(10000);
}`,
      },
      { text: 'An Arduino on a USB cable needs no network: see serial ports in the README.' },
    ],
  },
  {
    name: 'esphome',
    title: 'ESPHome',
    kind: 'send',
    steps: ({ mqtt: { far } }) => [
      {
        text: 'In the node’s YAML file, beside its sensors. Remove `api:` unless Home Assistant uses it.',
        lines: `mqtt:
  broker: ${far.host}
  port: ${far.port}`,
      },
    ],
  },
  {
    name: 'tasmota',
    title: 'Tasmota',
    kind: 'send',
    steps: ({ mqtt: { far } }) => [
      {
        text: 'In the device’s console. It restarts, and then speaks every thirty seconds.',
        lines: `Backlog MqttHost ${far.host}; MqttPort ${far.port}; Topic kitchen; TelePeriod 30`,
      },
    ],
  },
  {
    name: 'home-assistant',
    title: 'Home Assistant',
    kind: 'send',
    steps: ({ mqtt: { far } }) => [
      {
        text: 'Add the integration MQTT, with this broker:',
        lines: endpointText(far),
      },
      {
        text: 'Then let it publish the states of its sensors, in configuration.yaml:',
        lines: `mqtt_statestream:
  base_topic: statestream
  publish_attributes: true  # the units are among them
  include:
    domains:
      - sensor`,
      },
    ],
  },
  {
    name: 'python',
    title: 'Python',
    kind: 'send',
    steps: ({ mqtt: { near }, http }) => [
      {
        text: 'Send, with paho-mqtt:',
        lines: `import paho.mqtt.publish as mqtt

mqtt.single("home/kitchen/temperature", "21.5", qos=1, hostname="${near.host}", port=${near.port})`,
      },
      {
        text: 'Read the latest values, with nothing but Python:',
        lines: `import json, urllib.request

answer = json.load(urllib.request.urlopen("http://${endpointText(http.near)}/api/v1/devices"))
for device in answer["devices"]:
    for latest in device["latest"]:
        print(device["device"], latest["metric"], latest["value"], latest["unit"])`,
      },
      { text: 'Following the log over gRPC from Python is in the folder examples/python.' },
    ],
  },
  {
    name: 'grpcurl',
    title: 'grpcurl',
    kind: 'read',
    steps: ({ grpc: { near } }) => [
      {
        text: 'Everything that is kept, and then what comes:',
        lines: `grpcurl -plaintext -d '{}' ${endpointText(near)} millpond.v1.TelemetryService/Subscribe`,
      },
      {
        text: 'Or send a reading:',
        lines: `grpcurl -plaintext -d '{"readings":{"readings":[{"device":"pump","metric":"flow","number":1.5}]}}' ${endpointText(near)} millpond.v1.TelemetryService/Publish`,
      },
    ],
  },
  {
    name: 'node',
    title: 'Node.js',
    kind: 'read',
    steps: ({ grpc: { near } }) => [
      {
        text: 'A consumer that goes on where it was, also after a restart of either side:',
        lines: `import { MillpondClient } from 'millpond/client';

const client = new MillpondClient('${endpointText(near)}');
for await (const event of client.subscribe({ consumer: 'printer' })) {
  if (event.kind !== 'readings') continue;
  for (const { device, metric, value } of event.readings) console.log(device, metric, value);
  await client.commit('printer', event.nextOffset);
}`,
      },
    ],
  },
];

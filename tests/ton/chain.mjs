// A chain within the test, run by the real virtual machine, and our contracts on it.

import { readFileSync } from "node:fs";
import { beginCell, Cell, contractAddress, Dictionary, toNano } from "@ton/core";
import { keyPairFromSeed, sign } from "@ton/crypto";
import { Blockchain, internal } from "@ton/sandbox";
import { KEPT } from "../../scripts/ton/compile.mjs";

export const code = JSON.parse(readFileSync(KEPT, "utf8"));
const codeOf = (name) => Cell.fromBase64(code[name]);
export const NOW = 1_800_000_000;
export const KEYS = keyPairFromSeed(Buffer.alloc(32, 7));
export const text = (said) => beginCell().storeStringTail(said).endCell();
export const uint = (bytes) => BigInt(`0x${bytes.toString("hex")}`);

// What a contract is told: an operation, a number of the question, and the rest.
export const body = (op, rest = (builder) => builder) =>
  rest(beginCell().storeUint(op, 32).storeUint(5, 64)).endCell();

async function chain() {
  const made = await Blockchain.create();
  made.now = NOW;
  const [owner, buyer, stranger] = await Promise.all(
    ["owner", "buyer", "stranger"].map((name) => made.treasury(name)),
  );
  const world = { made, owner, buyer, stranger };
  world.send = async (from, to, value, payload, more = {}) => {
    const said = internal({ from: from.address, to, value, body: payload, bounce: true, ...more });
    const done = await made.sendMessage(said);
    return done.transactions;
  };
  world.get = async (address, name, args = []) => (await made.runGetMethod(address, name, args)).stackReader;
  world.balance = async (address) => (await made.getContract(address)).balance;
  return world;
}

async function deployed(world, name, data, coins) {
  const init = { code: codeOf(name), data };
  const address = contractAddress(0, init);
  await world.owner.send({ to: address, value: coins, init, bounce: false });
  return address;
}

const begun = new Map(); // deploying takes most of a test's time: each contract's is kept

// A chain on which nothing has happened but that a contract was deployed.
export async function fresh(deploy) {
  if (!begun.has(deploy)) {
    const world = await chain();
    const address = await deploy(world);
    begun.set(deploy, { world, address, state: world.made.snapshot() });
  }
  const { world, address, state } = begun.get(deploy);
  await world.made.loadFrom(state);
  return { world, address };
}

export const shop = (world) =>
  deployed(
    world,
    "shop",
    beginCell()
      .storeAddress(world.owner.address)
      .storeUint(uint(KEYS.publicKey), 256)
      .storeDict(Dictionary.empty())
      .endCell(),
    toNano("0.2"),
  );

export const collection = (world) =>
  deployed(
    world,
    "collection",
    beginCell()
      .storeAddress(world.owner.address)
      .storeRef(beginCell().storeUint(1, 8).storeStringTail("https://hub.example/collection.json").endCell())
      .storeRef(text("https://hub.example/items/"))
      .storeRef(codeOf("item"))
      .endCell(),
    toNano("1"),
  );

// A purchase as a buyer sends it, with the seller's signed quote.
export function purchase(shopAddress, orderId, price, { until = NOW + 900, keys = KEYS } = {}) {
  const quote = beginCell()
    .storeAddress(shopAddress)
    .storeUint(orderId, 256)
    .storeCoins(price)
    .storeUint(until, 32)
    .endCell();
  const signature = sign(quote.hash(), keys.secretKey);
  return body(0x6f6d0001, (builder) => builder.storeBuffer(signature).storeRef(quote));
}

// The transaction in which a contract was told something: did it take it?
export function at(transactions, address) {
  const found = transactions.filter((each) => each.inMessage?.info.dest?.equals?.(address));
  const { description } = found[0];
  const phase = description.computePhase;
  return { exit: phase.exitCode, ok: phase.success && description.actionPhase?.success !== false, each: found[0] };
}

export const logs = (transactions) =>
  transactions.flatMap((each) => each.outMessages.values()).filter((each) => each.info.type === "external-out");

// What came back to somebody, in coins.
export const cameBack = (transactions, to) =>
  transactions
    .flatMap((each) => each.outMessages.values())
    .filter((each) => each.info.type === "internal" && each.info.dest.equals(to))
    .reduce((sum, each) => sum + each.info.value.coins, 0n);

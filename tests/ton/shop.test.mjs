import assert from "node:assert/strict";
import { test } from "node:test";
import { toNano } from "@ton/core";
import { keyPairFromSeed } from "@ton/crypto";
import { at, body, cameBack, fresh, logs, NOW, purchase, shop, uint, KEYS } from "./chain.mjs";

const ORDER = 2n ** 255n + 7n; // a hash: all of its bits count
const PRICE = toNano("3");
const [ACTIVATE, WITHDRAW, FORGET] = [0x6f6d0002, 0x6f6d0003, 0x6f6d0004];
const about = (op, order = ORDER) => body(op, (builder) => builder.storeUint(order, 256));

async function opened() {
  const { world, address } = await fresh(shop);
  const buy = (value = PRICE, order = ORDER, more = {}, from = world.buyer) =>
    world.send(from, address, value, purchase(address, order, PRICE, more));
  const order = async (id = ORDER) => {
    const told = await world.get(address, "get_order", [{ type: "int", value: id }]);
    return {
      found: told.readBoolean(),
      buyer: String(told.readAddressOpt()),
      price: told.readBigNumber(),
      boughtAt: told.readNumber(),
      activatedAt: told.readNumber(),
    };
  };
  return { ...world, address, buy, order };
}

test("who brings the price has bought, and the chain says so", async () => {
  const { address, buy, order, buyer, balance, get, owner } = await opened();
  const before = await balance(address);
  const done = await buy();
  assert.equal(at(done, address).ok, true);
  const { buyer: who, ...rest } = await order();
  assert.equal(who, String(buyer.address));
  assert.deepEqual(rest, { found: true, price: PRICE, boughtAt: NOW, activatedAt: 0 });
  const [log] = logs(done);
  const told = log.body.beginParse();
  assert.equal(told.loadUint(32), 0x6f6d0011);
  assert.equal(told.loadUintBig(256), ORDER);
  assert.ok(told.loadAddress().equals(buyer.address));
  assert.deepEqual([told.loadCoins(), told.loadUint(32)], [PRICE, NOW]);
  const earned = (await balance(address)) - before;
  assert.ok(earned <= PRICE && earned > PRICE - toNano("0.02"), `only the gas is gone: ${earned}`);
  const shown = await get(address, "get_shop");
  assert.ok(shown.readAddress().equals(owner.address));
  assert.equal(shown.readBigNumber(), uint(KEYS.publicKey));
});

test("what was too much goes back", async () => {
  const { address, buy, buyer, balance } = await opened();
  const before = await balance(address);
  const done = await buy(PRICE + toNano("2"));
  assert.equal((await balance(address)) - before, PRICE);
  const back = cameBack(done, buyer.address);
  assert.ok(back > toNano("1.98") && back < toNano("2"), `${back}`);
});

for (const [what, exit, ask] of [
  ["less than the price", 101, ({ buy }) => buy(PRICE - 1n)],
  ["a quote that somebody else signed", 102, ({ buy }) => buy(PRICE, ORDER, { keys: keyPairFromSeed(Buffer.alloc(32, 8)) })],
  ["a quote that has expired", 103, ({ buy }) => buy(PRICE, ORDER, { until: NOW - 1 })],
  [
    "a quote of another shop",
    102,
    ({ send, buyer, stranger, address }) => send(buyer, address, PRICE, purchase(stranger.address, ORDER, PRICE)),
  ],
  ["coins with a comment", 0xffff, ({ send, buyer, address }) => send(buyer, address, PRICE, body(0))],
  ["coins with nothing", 0xffff, ({ send, buyer, address }) => send(buyer, address, PRICE)],
]) {
  test(`${what} buys nothing and goes back`, async () => {
    const world = await opened();
    const before = await world.balance(world.address);
    const done = await ask(world);
    assert.equal(at(done, world.address).exit, exit);
    assert.equal((await world.order()).found, false);
    assert.equal(await world.balance(world.address), before);
    assert.ok(cameBack(done, world.buyer.address) > PRICE - toNano("0.02"));
  });
}

test("an order is bought once, whoever comes second gets the coins back", async () => {
  const { address, buy, order, stranger, buyer } = await opened();
  await buy();
  const again = await buy(PRICE, ORDER, {}, stranger);
  assert.equal(at(again, address).exit, 104);
  assert.ok(cameBack(again, stranger.address) > PRICE - toNano("0.02"));
  assert.equal((await order()).buyer, String(buyer.address));
  assert.equal(at(await buy(PRICE, ORDER + 1n), address).ok, true);
});

test("its owner activates an order, once; a stranger never", async () => {
  const { address, buy, order, send, owner, stranger, made } = await opened();
  const activate = (from, id) => send(from, address, toNano("0.05"), about(ACTIVATE, id));
  assert.equal(at(await activate(owner), address).exit, 105);
  await buy();
  assert.equal(at(await activate(stranger), address).exit, 401);
  assert.equal((await order()).activatedAt, 0);
  made.now = NOW + 60;
  const done = await activate(owner);
  assert.equal(at(done, address).ok, true);
  assert.equal((await order()).activatedAt, NOW + 60);
  const told = logs(done)[0].body.beginParse();
  assert.deepEqual([told.loadUint(32), told.loadUintBig(256), told.loadUint(32)], [0x6f6d0012, ORDER, NOW + 60]);
  assert.ok(cameBack(done, owner.address) > toNano("0.03"));
  made.now = NOW + 120;
  assert.equal(at(await activate(owner), address).exit, 106);
  assert.equal((await order()).activatedAt, NOW + 60);
});

test("its owner takes the money out, but for what the shop lives on", async () => {
  const { address, buy, send, owner, stranger, balance } = await opened();
  await buy();
  const take = (from, amount) =>
    send(from, address, toNano("0.05"), body(WITHDRAW, (builder) => builder.storeCoins(amount)));
  assert.equal(at(await take(stranger, PRICE), address).exit, 401);
  const all = await balance(address);
  assert.equal(at(await take(owner, all - toNano("0.1") + 1n), address).exit, 101);
  const done = await take(owner, PRICE - toNano("0.1"));
  assert.equal(at(done, address).ok, true);
  assert.ok(cameBack(done, owner.address) > PRICE - toNano("0.1"));
  assert.equal(await balance(address), all - PRICE + toNano("0.1"));
});

test("only what is over is forgotten, and cannot be bought again after", async () => {
  const { address, buy, order, send, owner, stranger, made } = await opened();
  const forget = (from, id = ORDER) => send(from, address, toNano("0.05"), about(FORGET, id));
  assert.equal(at(await forget(owner), address).exit, 105);
  await buy();
  await buy(PRICE, ORDER + 1n, { until: NOW + 10 });
  made.now = NOW + 60;
  assert.equal(at(await forget(owner, ORDER + 1n), address).exit, 107); // it is not activated
  await send(owner, address, toNano("0.05"), about(ACTIVATE));
  assert.equal(at(await forget(owner), address).exit, 107); // its quote still stands
  made.now = NOW + 901;
  assert.equal(at(await forget(stranger), address).exit, 401);
  assert.equal(at(await forget(owner), address).ok, true);
  assert.equal((await order()).found, false);
  assert.equal(at(await buy(), address).exit, 103);
});

test("what bounces stays and changes nothing", async () => {
  const { address, buy, order, send, stranger, balance } = await opened();
  await buy();
  const [before, known] = [await balance(address), await order()];
  const forged = { bounced: true, bounce: false };
  const done = await send(stranger, address, toNano("1"), about(ACTIVATE), forged);
  assert.equal(at(done, address).ok, true);
  assert.deepEqual(await order(), known);
  assert.ok((await balance(address)) > before);
});

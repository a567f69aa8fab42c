import assert from "node:assert/strict";
import { test } from "node:test";
import { beginCell, Cell, toNano } from "@ton/core";
import { compile } from "../../scripts/ton/compile.mjs";
import { at, body, cameBack, code, collection, fresh, NOW, text } from "./chain.mjs";

const INDEX = 2n ** 256n - 3n; // a hash: all of its bits count
const TRANSFER = 0x5fcc3d14;
const [STATIC, PROVE, REQUEST] = [0x2fcb26a2, 0x04ded148, 0xd0c3bfea];
const [DESTROY, REVOKE] = [0x1f04537a, 0x6f89f5e3];

async function opened() {
  const { world, address } = await fresh(collection);
  const mint = (from = world.owner, owner = world.buyer, index = INDEX, what = "one.json") => {
    const item = beginCell()
      .storeAddress(owner.address)
      .storeRef(text(what))
      .storeAddress(world.owner.address)
      .endCell();
    return world.send(
      from,
      address,
      toNano("0.1"),
      body(1, (builder) => builder.storeUint(index, 256).storeCoins(toNano("0.05")).storeRef(item)),
    );
  };
  const place = async (index = INDEX) =>
    (await world.get(address, "get_nft_address_by_index", [{ type: "int", value: index }])).readAddress();
  const item = async () => {
    const told = await world.get(await place(), "get_nft_data");
    return {
      made: told.readBoolean(),
      index: told.readBigNumber(),
      collection: told.readAddress(),
      owner: told.readAddressOpt(),
      content: told.readCellOpt(),
    };
  };
  const standing = async () => {
    const here = await place();
    const authority = (await world.get(here, "get_authority_address")).readAddressOpt();
    return { authority, revokedAt: (await world.get(here, "get_revoked_time")).readNumber() };
  };
  return { ...world, address, mint, place, item, standing };
}

test("the code that is deployed is the one that is written", async () => {
  assert.deepEqual(await compile(), code);
});

test("a collection tells what it is as TEP-62 says", async () => {
  const { address, get, owner } = await opened();
  const told = await get(address, "get_collection_data");
  assert.equal(told.readBigNumber(), -1n); // indexes are not counted
  const content = told.readCell().beginParse();
  assert.equal(content.loadUint(8), 1); // TEP-64: it is described elsewhere
  assert.equal(content.loadStringTail(), "https://hub.example/collection.json");
  assert.ok(told.readAddress().equals(owner.address));
  const args = [{ type: "int", value: INDEX }, { type: "cell", cell: text("one.json") }];
  const whole = (await get(address, "get_nft_content", args)).readCell().beginParse();
  assert.equal(whole.loadUint(8), 1);
  assert.equal(whole.loadStringTail(), "https://hub.example/items/one.json");
});

test("its owner mints, at the place that the purchase gives", async () => {
  const { address, mint, place, item, standing, buyer, owner, send } = await opened();
  const done = await mint();
  assert.equal(at(done, address).ok, true);
  assert.equal(at(done, await place()).ok, true);
  const made = await item();
  assert.equal(made.made, true);
  assert.equal(made.index, INDEX);
  assert.ok(made.collection.equals(address) && made.owner.equals(buyer.address));
  assert.equal(made.content.beginParse().loadStringTail(), "one.json");
  const { authority, revokedAt } = await standing();
  assert.ok(authority.equals(owner.address));
  assert.equal(revokedAt, 0);
  const asked = await send(buyer, await place(), toNano("0.1"), body(STATIC));
  const told = at(asked, buyer.address).each.inMessage.body.beginParse();
  assert.deepEqual([told.loadUint(32), told.loadUint(64), told.loadUintBig(256)], [0x8b771735, 5, INDEX]);
  assert.ok(told.loadAddress().equals(address));
});

test("a stranger mints nothing", async () => {
  const { address, mint, place, stranger, made, send } = await opened();
  assert.equal(at(await mint(stranger, stranger), address).exit, 401);
  const here = await place();
  assert.equal((await made.getContract(here)).accountState?.type ?? "uninit", "uninit");
  // Nor does who deploys an item without the collection: it is no item until that says so.
  const index = beginCell().storeUint(INDEX, 256).storeAddress(address).endCell();
  const init = { code: Cell.fromBase64(code.item), data: index };
  const done = await send(stranger, here, toNano("0.1"), text("mine"), { stateInit: init });
  assert.equal(at(done, here).exit, 405);
  assert.equal(at(await mint(), here).ok, true);
});

test("a purchase is minted once: what comes again changes nothing and costs no more than gas", async () => {
  const { address, mint, place, item, buyer, stranger, balance } = await opened();
  await mint();
  const before = await balance(address);
  const again = await mint(undefined, stranger, INDEX, "two.json");
  assert.notEqual(at(again, await place()).exit, 0);
  const held = await item();
  assert.ok(held.owner.equals(buyer.address));
  assert.equal(held.content.beginParse().loadStringTail(), "one.json");
  assert.ok((await balance(address)) > before + toNano("0.05"), "its coins came back");
});

test("a proof stays with whom it was made for", async () => {
  const { mint, place, item, buyer, stranger, send } = await opened();
  await mint();
  const transfer = body(TRANSFER, (builder) =>
    builder.storeAddress(stranger.address).storeAddress(null).storeMaybeRef(null).storeCoins(0).storeBit(false),
  );
  for (const from of [buyer, stranger]) {
    assert.equal(at(await send(from, await place(), toNano("0.1"), transfer), await place()).exit, 413);
  }
  assert.ok((await item()).owner.equals(buyer.address));
});

test("its owner proves to a contract that it is theirs; anybody may ask whose it is", async () => {
  const { mint, place, buyer, stranger, owner, send } = await opened();
  await mint();
  const ask = (op) =>
    body(op, (builder) => builder.storeAddress(stranger.address).storeRef(text("door 7")).storeBit(true));
  assert.equal(at(await send(stranger, await place(), toNano("0.1"), ask(PROVE)), await place()).exit, 401);
  const proof = at(await send(buyer, await place(), toNano("0.1"), ask(PROVE)), stranger.address).each;
  let told = proof.inMessage.body.beginParse();
  assert.deepEqual([told.loadUint(32), told.loadUint(64), told.loadUintBig(256)], [0x0524c7ae, 5, INDEX]);
  assert.ok(told.loadAddress().equals(buyer.address));
  assert.equal(told.loadRef().beginParse().loadStringTail(), "door 7");
  assert.equal(told.loadUint(64), 0);
  assert.equal(told.loadMaybeRef().beginParse().loadStringTail(), "one.json");
  const info = at(await send(owner, await place(), toNano("0.1"), ask(REQUEST)), stranger.address).each;
  told = info.inMessage.body.beginParse();
  assert.deepEqual([told.loadUint(32), told.loadUint(64), told.loadUintBig(256)], [0x0dd607e3, 5, INDEX]);
  assert.ok(told.loadAddress().equals(owner.address) && told.loadAddress().equals(buyer.address));
});

test("who made it revokes it once, and nobody else does", async () => {
  const { mint, place, standing, buyer, owner, send } = await opened();
  await mint();
  const revoke = async (from) => at(await send(from, await place(), toNano("0.05"), body(REVOKE)), await place());
  assert.equal((await revoke(buyer)).exit, 403);
  assert.equal((await revoke(owner)).ok, true);
  assert.equal((await standing()).revokedAt, NOW);
  assert.equal((await revoke(owner)).exit, 404);
});

test("its owner destroys it, and then nobody has it", async () => {
  const { mint, place, item, standing, buyer, owner, stranger, send } = await opened();
  await mint();
  const destroy = async (from) => send(from, await place(), toNano("0.05"), body(DESTROY));
  assert.equal(at(await destroy(stranger), await place()).exit, 401);
  const done = await destroy(buyer);
  assert.equal(at(done, await place()).ok, true);
  assert.ok(cameBack(done, buyer.address) > toNano("0.06"));
  assert.deepEqual([(await item()).owner, (await standing()).authority], [null, null]);
  for (const from of [buyer, owner]) assert.notEqual(at(await destroy(from), await place()).exit, 0);
});

test("only its owner takes coins out of a collection", async () => {
  const { address, send, owner, stranger } = await opened();
  const take = async (from, coins) =>
    at(await send(from, address, toNano("0.05"), body(0x6f6d0003, (b) => b.storeCoins(coins))), address);
  assert.equal((await take(stranger, toNano("0.5"))).exit, 401);
  assert.equal((await take(owner, toNano("1"))).exit, 402);
  assert.equal((await take(owner, toNano("0.5"))).ok, true);
});

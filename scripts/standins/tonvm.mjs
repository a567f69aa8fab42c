// A chain run by the real virtual machine of TON, for the stand-in of toncenter beside it: it reads
// one question a line, {id, name, args}, and writes one answer a line, {id, answer} or {id, error}.

import { createInterface } from "node:readline";
import { Address, Cell, loadMessage } from "@ton/core";
import { Blockchain } from "@ton/sandbox";

const chain = await Blockchain.create();
const bank = await chain.treasury("bank");
const entry = (given) => ({ type: "int", value: BigInt(given.value) });

function told(item) {
  if (item.type === "int") return { type: "num", value: `0x${item.value.toString(16)}` };
  if (item.type === "null") return { type: "list", value: "" };
  return { type: item.type, value: item.cell.toBoc().toString("base64") };
}

const QUESTIONS = {
  // Somebody sends coins: wallets have to be filled.
  async fund({ address, value }) {
    await bank.send({ to: Address.parse(address), value: BigInt(value), bounce: false });
  },

  // An external message, as whoever signed it has sent it.
  async message({ boc, time }) {
    if (time) chain.now = time;
    const said = loadMessage(Cell.fromBase64(boc).beginParse());
    await chain.sendMessage(said); // throws where no contract takes it
    return Cell.fromBase64(boc).hash().toString("base64");
  },

  async account({ address }) {
    const held = await chain.getContract(Address.parse(address));
    return { balance: held.balance.toString(), status: held.accountState?.type ?? "nonexist" };
  },

  async run({ address, method, stack }) {
    const done = await chain.runGetMethod(Address.parse(address), method, stack.map(entry));
    return { exit_code: done.exitCode, gas_used: Number(done.gasUsed), stack: done.stack.map(told) };
  },

  async item({ address }) {
    const here = Address.parse(address);
    if ((await chain.getContract(here)).accountState?.type !== "active") return null;
    const reader = (await chain.runGetMethod(here, "get_nft_data")).stackReader;
    const [init, index] = [reader.readBoolean(), reader.readBigNumber()];
    const [collection, owner] = [reader.readAddress(), reader.readAddressOpt()];
    const content = reader.readCellOpt()?.beginParse().loadStringTail() ?? "";
    return {
      address: here.toRawString().toUpperCase(),
      init,
      index: index.toString(),
      collection_address: collection.toRawString().toUpperCase(),
      owner_address: owner?.toRawString().toUpperCase() ?? null,
      content: { uri: content },
    };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, name, args } = JSON.parse(line);
  let answer;
  try {
    answer = { id, answer: (await QUESTIONS[name](args)) ?? null };
  } catch (error) {
    answer = { id, error: String(error?.message ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

-- Wireshark dissector for lanchat, as docs/PROTOCOL.md describes it.
--
--   wireshark -X lua_script:assets/lanchat.lua        tshark -X lua_script:assets/lanchat.lua -Y lanchat
--
-- Wireshark itself takes the NetBIOS datagram and the mailslot write apart. This script tells it that port 13138 carries
-- such datagrams, and then reads the data of each write to a slot of the chat: `mailslot.name` says which slot, and
-- `data.data`, which Wireshark shows for slots that it does not know, where the data is.

local lanchat = Proto("lanchat", "lanchat")

-- Settings ---------------------------------------------------------------------------------------------------------

lanchat.prefs.port = Pref.uint("UDP port", 13138, "The segment's port beside 138 (lanchat --port)")
local port = 0

local function take_port()
  local ports = DissectorTable.get("udp.port")
  local datagrams = ports:get_dissector(138) -- NetBIOS datagrams; it has no name to ask for
  if port ~= 0 and port ~= 138 then ports:remove(port, datagrams) end
  port = lanchat.prefs.port
  if port ~= 0 and port ~= 138 then ports:add(port, datagrams) end
end

lanchat.prefs_changed = take_port

-- Fields -----------------------------------------------------------------------------------------------------------

local TYPES = {
  [1] = "beacon", [2] = "goodbye", [3] = "who-is", [4] = "heartbeat", [5] = "NAK", [6] = "repair", [7] = "copy",
  [8] = "digest", [9] = "listed", [10] = "card", [11] = "status", [12] = "typing", [32] = "sealed", [33] = "unreadable", [34] = "session",
  [48] = "locked",
}
local KINDS = { [1] = "said", [2] = "action", [3] = "topic", [4] = "reaction" }
-- The first four bytes of BLAKE3 over the names of rooms that everybody knows.
local ROOMS = { ["3b833a92"] = "lobby" }

local f = {
  slot = ProtoField.string("lanchat.slot", "Slot"),
  text = ProtoField.string("lanchat.text", "Text", base.UNICODE),
  magic = ProtoField.string("lanchat.magic", "Magic"),
  version = ProtoField.uint8("lanchat.version", "Version", base.DEC),
  type = ProtoField.uint8("lanchat.type", "Type", base.DEC, TYPES),
  kind = ProtoField.uint8("lanchat.kind", "Kind", base.DEC, KINDS),
  flags = ProtoField.uint8("lanchat.flags", "Flags", base.HEX),
  solicit = ProtoField.bool("lanchat.flags.solicit", "Has just started", 8, nil, 1),
  yield = ProtoField.bool("lanchat.flags.yield", "Another has this nickname", 8, nil, 2),
  probe = ProtoField.bool("lanchat.flags.probe", "The nickname is not settled", 8, nil, 4),
  unlisted = ProtoField.bool("lanchat.flags.unlisted", "Not a person", 8, nil, 8),
  sessions = ProtoField.bool("lanchat.flags.sessions", "Private lines in sessions", 8, nil, 32),
  reserved = ProtoField.uint8("lanchat.reserved", "Reserved", base.HEX),
  about = ProtoField.string("lanchat.about", "About the line"),
  room = ProtoField.string("lanchat.room", "Room"),
  proof = ProtoField.bytes("lanchat.proof", "Proof of the passphrase"),
  away = ProtoField.string("lanchat.away", "Away", base.UNICODE),
  sender = ProtoField.string("lanchat.sender", "Sender"),
  reader = ProtoField.string("lanchat.reader", "Reader"),
  wanted = ProtoField.string("lanchat.wanted", "Wanted"),
  epoch = ProtoField.uint32("lanchat.epoch", "Epoch"),
  seq = ProtoField.uint32("lanchat.seq", "Number"),
  part = ProtoField.uint8("lanchat.part", "Part"),
  parts = ProtoField.uint8("lanchat.parts", "Parts"),
  clock = ProtoField.absolute_time("lanchat.clock", "Clock", base.UTC),
  tick = ProtoField.uint16("lanchat.clock.counter", "Clock, counter"),
  signature = ProtoField.bytes("lanchat.signature", "Signature (Ed25519)"),
  count = ProtoField.uint32("lanchat.count", "Count"),
  key = ProtoField.bytes("lanchat.key", "Public key (Ed25519)"),
  port = ProtoField.uint16("lanchat.reply_port", "UDP port of the reply slot"),
  next = ProtoField.uint32("lanchat.next", "Next number"),
  interval = ProtoField.float("lanchat.interval", "Mean interval in seconds"),
  nick = ProtoField.string("lanchat.nick", "Nickname", base.UNICODE),
  host = ProtoField.string("lanchat.host", "Computer", base.UNICODE),
  program = ProtoField.string("lanchat.program", "Version of the program", base.UNICODE),
  heard = ProtoField.string("lanchat.heard", "Has heard"),
  loss = ProtoField.uint8("lanchat.loss", "Loss in percent"),
  live = ProtoField.uint16("lanchat.live", "Peers known"),
  holds = ProtoField.bytes("lanchat.holds", "Hash over the runs held"),
  field = ProtoField.bytes("lanchat.field", "Field of another type"),
  run = ProtoField.string("lanchat.run", "Run"),
  first = ProtoField.uint32("lanchat.first", "First number"),
  many = ProtoField.uint16("lanchat.many", "How many"),
  hash = ProtoField.bytes("lanchat.hash", "Hash over all runs known"),
  address = ProtoField.ipv6("lanchat.address", "Address of the reply slot"),
  nonce = ProtoField.bytes("lanchat.nonce", "Nonce"),
  content = ProtoField.bytes("lanchat.content", "Encrypted content"),
  tag = ProtoField.bytes("lanchat.tag", "Tag"),
  rest = ProtoField.bytes("lanchat.rest", "Further bytes"),
}
for _, field in pairs(f) do table.insert(lanchat.fields, field) end

local e = {
  cut = ProtoExpert.new("lanchat.malformed", "Cut short, or of a wrong length", expert.group.MALFORMED, expert.severity.ERROR),
  newer = ProtoExpert.new("lanchat.newer", "Of a newer version", expert.group.UNDECODED, expert.severity.NOTE),
  unknown = ProtoExpert.new("lanchat.unknown", "Of a type that is reserved", expert.group.UNDECODED, expert.severity.NOTE),
  unsigned = ProtoExpert.new("lanchat.unsigned", "Text without a trailer, of another program", expert.group.PROTOCOL, expert.severity.CHAT),
}
for _, field in pairs(e) do table.insert(lanchat.experts, field) end

-- Reading ----------------------------------------------------------------------------------------------------------

-- What `take` throws where the bytes end: no other error is caught.
local CUT = {}

local Reader = {}
Reader.__index = Reader

local function reader(range)
  return setmetatable({ range = range, at = 0, len = range and range:len() or 0 }, Reader)
end

function Reader:left() return self.len - self.at end

function Reader:take(n)
  if n > self:left() then error(CUT, 0) end
  local range = self.range(self.at, n)
  self.at = self.at + n
  return range
end

-- All that is left but the last `keep` bytes: a range, or nil where that is nothing.
function Reader:rest(keep)
  local n = self:left() - (keep or 0)
  if n < 0 then error(CUT, 0) end
  if n > 0 then return self:take(n) end
end

local function hex(range) return range:bytes():tohex(true) end

-- Adds the id in the next eight bytes, as lanchat prints it.
local function id(r, tree, field)
  local range = r:take(8)
  tree:add(field, range, hex(range))
  return hex(range)
end

local function number(r, tree, field, size)
  local range = r:take(size)
  tree:add(field, range)
  return range:uint()
end

local function text(r, tree, field, size)
  local range = r:take(size)
  local string = range:string(ENC_UTF_8)
  tree:add(field, range, string)
  return string
end

local function clock(r, tree)
  local range = r:take(6)
  local ms = range:uint64()
  local seconds = (ms / 1000):tonumber()
  tree:add(f.clock, range, NSTime.new(math.min(seconds, 2 ^ 53), (ms % 1000):tonumber() * 1000000))
  tree:add(f.tick, r:take(2))
end

-- What is left over where nothing should be.
local function done(r, tree)
  if r:left() > 0 then tree:add(f.rest, r:rest()):add_proto_expert_info(e.cut) end
end

-- Lines (section 4) ------------------------------------------------------------------------------------------------

local frame -- of the sync slot, below
local sealed -- of locked rooms, below

local function line(r, tree, parent)
  if r:left() >= 4 and r.range(r.at, 4):uint() == 0x4c430130 then return sealed(r, tree) end
  local all, n = r.range, 0
  while n < r:left() and all(r.at + n, 1):uint() ~= 0 do n = n + 1 end
  local said = ""
  if n > 0 then said = text(r, tree, f.text, n) end
  local trailer = r:left() >= 3 and all(r.at + 1, 2):uint() == 0x4c43
  if not trailer then
    if r:left() > 0 then tree:add(f.rest, r:rest()) end
    tree:add_proto_expert_info(e.unsigned)
    return said
  end
  r:take(1)
  tree:add(f.magic, r:take(2), "LC")
  local version = r:take(1)
  tree:add(f.version, version, version:bitfield(0, 4))
  if version:bitfield(0, 4) > 1 then
    tree:add_proto_expert_info(e.newer)
    return said
  end
  tree:add(f.kind, version, version:bitfield(4, 4))
  local flags = r:take(1)
  tree:add(f.flags, flags)
  local room = r:take(4)
  tree:add(f.room, room, ROOMS[hex(room)] or hex(room))
  id(r, tree, f.sender)
  number(r, tree, f.epoch, 4)
  local seq = number(r, tree, f.seq, 4)
  local part, parts = number(r, tree, f.part, 1), number(r, tree, f.parts, 1)
  clock(r, tree)
  if flags:bitfield(7, 1) == 1 then
    local about = r:take(16)
    local of = string.format("%s.%d.%d", hex(about(0, 8)), about(8, 4):uint(), about(12, 4):uint())
    tree:add(f.about, about, of)
  end
  tree:add(f.signature, r:take(64))
  done(r, tree)
  if parts > 1 then said = string.format("%s (%d/%d)", said, part + 1, parts) end
  return string.format("#%d %s", seq, said)
end

-- The sync slot (section 5) ----------------------------------------------------------------------------------------

local BEACON = {
  [1] = function(r, tree, n) return text(r, tree, f.nick, n) end,
  [2] = function(r, tree, n) text(r, tree, f.host, n) end,
  [3] = function(r, tree, n) text(r, tree, f.program, n) end,
  [4] = function(r, tree, n)
    for _ = 1, math.floor(n / 4) do
      local range = r:take(4)
      tree:add(f.heard, range, hex(range))
    end
  end,
  [5] = function(r, tree)
    number(r, tree, f.loss, 1)
    number(r, tree, f.live, 2)
  end,
  [6] = function(r, tree, n) tree:add(f.holds, r:take(n)) end,
}

local function beacon(r, tree)
  local sender = id(r, tree, f.sender)
  number(r, tree, f.epoch, 4)
  number(r, tree, f.count, 4)
  tree:add(f.key, r:take(32))
  number(r, tree, f.port, 2)
  number(r, tree, f.next, 4)
  clock(r, tree)
  local tenths = r:take(2)
  tree:add(f.interval, tenths, tenths:uint() / 10)
  local nick = sender
  local fields = reader(r:rest(64))
  while fields:left() > 0 do
    local kind, n = fields:take(1):uint(), fields:take(1):uint()
    if n > fields:left() then error(CUT, 0) end
    if n > 0 then
      local value = reader(fields:take(n))
      local known = BEACON[kind]
      if known then
        local shown = known(value, tree, n)
        if kind == 1 then nick = shown end
      end
      if value:left() > 0 then tree:add(f.field, value:rest()) end
    end
  end
  tree:add(f.signature, r:take(64))
  return nick
end

-- A sender and epoch: added as one string that a filter can compare, `<id>.<epoch>`.
local function run(r, tree)
  local range = r:take(12)
  return tree:add(f.run, range, string.format("%s.%d", hex(range(0, 8)), range(8, 4):uint()))
end

local FRAMES = {
  [1] = beacon,
  [2] = beacon,
  [3] = function(r, tree)
    id(r, tree, f.sender)
    local wanted = id(r, tree, f.wanted)
    done(r, tree)
    return wanted
  end,
  [4] = function(r, tree)
    local sender = id(r, tree, f.sender)
    number(r, tree, f.epoch, 4)
    number(r, tree, f.count, 4)
    local next = number(r, tree, f.next, 4)
    clock(r, tree)
    tree:add(f.signature, r:take(64))
    done(r, tree)
    return string.format("%s next #%d", sender, next)
  end,
  [5] = function(r, tree)
    local sender, ranges, at = id(r, tree, f.sender), 0, nil
    while r:left() > 0 do
      if r:take(1):uint() == 1 then at = run(r, tree) end
      if not at then error(CUT, 0) end
      number(r, at, f.first, 4)
      number(r, at, f.many, 2)
      ranges = ranges + 1
    end
    return string.format("%s misses %d ranges", sender, ranges)
  end,
  [6] = line,
  [7] = line,
  [8] = function(r, tree)
    local sender, entries = id(r, tree, f.sender), 0
    tree:add(f.hash, r:take(8))
    while r:left() > 0 do
      local at = run(r, tree)
      number(r, at, f.first, 4)
      number(r, at, f.next, 4)
      entries = entries + 1
    end
    return string.format("%s tells of %d runs", sender, entries)
  end,
  [9] = function(r, tree)
    tree:add(f.address, r:take(16))
    return frame(r, tree)
  end,
  [10] = function(r, tree) return frame(r, tree) end,
  [11] = function(r, tree)
    local sender, rooms = id(r, tree, f.sender), 0
    number(r, tree, f.epoch, 4)
    number(r, tree, f.count, 4)
    local fields = reader(r:rest(64))
    while fields:left() > 0 do
      local kind, n = fields:take(1):uint(), fields:take(1):uint()
      if n > fields:left() then error(CUT, 0) end
      if n > 0 then
        local value = reader(fields:take(n))
        if kind == 7 then text(value, tree, f.room, n) rooms = rooms + 1
        elseif kind == 8 then text(value, tree, f.away, n)
        elseif kind == 9 and n == 12 then
          local tag = value:take(4)
          tree:add(f.room, tag, hex(tag))
          tree:add(f.proof, value:take(8))
          rooms = rooms + 1
        else tree:add(f.field, value:rest()) end
      end
    end
    tree:add(f.signature, r:take(64))
    return string.format("%s in %d rooms", sender, rooms)
  end,
  [12] = function(r, tree)
    local sender = id(r, tree, f.sender)
    number(r, tree, f.epoch, 4)
    number(r, tree, f.count, 4)
    local room = r:take(4)
    tree:add(f.room, room, ROOMS[hex(room)] or hex(room))
    tree:add(f.signature, r:take(64))
    done(r, tree)
    return sender
  end,
}

-- Magic, version and type; returns the type, or nil for a version that is not known.
local function head(r, tree)
  local magic = r:take(2)
  tree:add(f.magic, magic, magic:string())
  if magic:uint() ~= 0x4c43 then error(CUT, 0) end
  local version = number(r, tree, f.version, 1)
  if version ~= 1 then
    tree:add_proto_expert_info(e.newer)
    return nil, "version " .. version
  end
  return number(r, tree, f.type, 1)
end

frame = function(r, tree)
  local kind, other = head(r, tree)
  if not kind then return other end
  local flags = r:take(1)
  local bits = tree:add(f.flags, flags)
  if kind <= 2 then
    for _, bit in ipairs({ f.solicit, f.yield, f.probe, f.unlisted, f.sessions }) do bits:add(bit, flags) end
  end
  tree:add(f.reserved, r:take(1))
  local name = TYPES[kind] or ("type " .. kind)
  local known = FRAMES[kind]
  if not known then
    if r:left() > 0 then tree:add(f.rest, r:rest()) end
    tree:add_proto_expert_info(e.unknown)
    return name
  end
  return name .. " " .. known(r, tree)
end

-- The reply slot (section 6) ---------------------------------------------------------------------------------------

-- Sealed and unreadable frames have no flags; those of the sync slot, which answer a pull, come here as they are.
local function reply(r, tree)
  local kind = r:left() >= 4 and r.range(r.at + 3, 1):uint() or 32
  if kind < 32 then return frame(r, tree) end
  local known, other = head(r, tree)
  if not known then return other end
  local sender, to = id(r, tree, f.sender), id(r, tree, f.reader)
  local name = string.format("%s %s to %s", TYPES[kind] or ("type " .. kind), sender, to)
  if kind == 32 then
    tree:add(f.nonce, r:take(24))
    local content = r:rest(16)
    if content then tree:add(f.content, content) end
    tree:add(f.tag, r:take(16))
  elseif kind == 33 then
    done(r, tree)
  elseif kind == 34 then
    tree:add(f.nonce, r:take(12))
    local content = r:rest(16)
    if content then tree:add(f.content, content) end
    tree:add(f.tag, r:take(16))
  else
    if r:left() > 0 then tree:add(f.rest, r:rest()) end
    tree:add_proto_expert_info(e.unknown)
  end
  return name
end

-- Locked rooms (section 20) ----------------------------------------------------------------------------------------

sealed = function(r, tree)
  local kind, other = head(r, tree)
  if not kind then return other end
  if kind ~= 48 then
    if r:left() > 0 then tree:add(f.rest, r:rest()) end
    tree:add_proto_expert_info(e.unknown)
    return "type " .. kind
  end
  local room = r:take(4)
  tree:add(f.room, room, hex(room))
  local sender = id(r, tree, f.sender)
  number(r, tree, f.epoch, 4)
  local seq = number(r, tree, f.seq, 4)
  local part, parts = number(r, tree, f.part, 1), number(r, tree, f.parts, 1)
  tree:add(f.nonce, r:take(24))
  local content = r:rest(80)
  if content then tree:add(f.content, content) end
  tree:add(f.tag, r:take(16))
  tree:add(f.signature, r:take(64))
  local of = parts > 1 and string.format(" (%d/%d)", part + 1, parts) or ""
  return string.format("#%d %s in %s%s", seq, sender, hex(room), of)
end

-- Slots (section 2) ------------------------------------------------------------------------------------------------

-- The names after \MAILSLOT\, in lower case, each with what reads its data. The first that matches counts. A slot that
-- is described later, such as lanchat\connect, gets a row here.
local SLOTS = {
  { "^chat$", line },
  { "^chat\\rooms\\.+$", line },
  { "^chat\\sync$", frame },
  { "^chat\\to\\%x+$", reply },
  { "^chat\\sealed$", sealed },
}

local function slot(name)
  local short = name:lower():match("^\\mailslot\\(.*)$")
  for _, row in ipairs(short and SLOTS or {}) do
    if short:match(row[1]) then return row[2], short end
  end
end

-- Where Wireshark hands over ---------------------------------------------------------------------------------------

local mailslot_name, mailslot_data = Field.new("mailslot.name"), Field.new("data.data")

function lanchat.dissector(_, pinfo, root)
  local name, data = mailslot_name(), mailslot_data()
  if not name or not data then return end
  local read, short = slot(tostring(name.value))
  if not read then return end
  local tree = root:add(lanchat, data.range)
  tree:add(f.slot, short):set_generated()
  local ok, said = pcall(read, reader(data.range), tree)
  if not ok then
    if said ~= CUT then error(said, 0) end
    tree:add_proto_expert_info(e.cut)
    said = "malformed"
  end
  tree:append_text(", " .. said)
  pinfo.cols.protocol = "lanchat"
  pinfo.cols.info = short .. ": " .. said
end

register_postdissector(lanchat)
take_port()

#!/usr/bin/env bash
# The demonstration: management, two exchange centres and four agencies on this machine, with real programs, a
# real virus scanner and real letters. ./dev demo [--once]
set -euo pipefail
cd "$(dirname "$0")/../.."

build=${YIZHAN_BUILD:-build/dev}  # where the programs are
demo=build/demo
once=${1:-}
documents=$demo/documents

# shellcheck source=tests/world/demo_management.sh
. tests/world/demo_management.sh

say() { printf '\n── %s\n' "$*"; }
die() { printf '示範失敗：%s\n' "$*" >&2; exit 1; }
yz() { "$build/yizhan" --terminal "$demo/run/$1.sock" "${@:2}"; }
centre() { "$build/yizhan" centre --socket "$demo/run/centre.sock" "$@"; }
management() { "$build/yizhan" management --socket "$demo/run/management.sock" "$@"; }
distribution() { "$build/yizhan" distribution "$@"; }
# One member out of the JSON on standard input, by a path like .document_id or .items[0].id
field() { python3 -c '
import json, re, sys
value = json.load(sys.stdin)
for name, index in re.findall(r"\.([a-z_0-9]+)|\[(\d+)\]", sys.argv[1]):
    value = value[name] if name else value[int(index)]
print(value)' "$1"; }

stop_lab() {
  [ ! -f "$demo.pid" ] || { kill "$(cat "$demo.pid")" 2>/dev/null || true; }
  # It ends its programs before it ends itself.
  while [ -f "$demo.pid" ] && kill -0 "$(cat "$demo.pid")" 2>/dev/null; do sleep 0.1; done
  rm -f "$demo.pid"
}

start_lab() {
  stop_lab
  rm -rf "$demo"
  mkdir -p build
  "$build/tests/yizhan-lab" "$demo" "$build" whole >"$demo.log" 2>&1 &
  echo $! >"$demo.pid"
  until [ -S "$demo/run/management.sock" ]; do
    kill -0 "$(cat "$demo.pid")" 2>/dev/null || { cat "$demo.log" >&2; die "無法啟動"; }
    sleep 0.2
  done
  found_the_distribution
  for _ in $(seq 600); do
    [ ! -f "$demo/run/ready" ] || return 0
    kill -0 "$(cat "$demo.pid")" 2>/dev/null || { cat "$demo.log" >&2; die "無法啟動"; }
    sleep 0.2
  done
  die "啟動逾時，見 $demo.log"
}

# A document with today's date and its own serial number: prepare NAME SERIAL [FILE-NAME]
prepare() {
  local weekdays=(日 一 二 三 四 五 六) base
  base=${3:-$(($(date +%Y) - 1911))$2}
  for suffix in di sw; do
    [ -f "tests/world/documents/$1.$suffix" ] || continue
    sed -e "s/@BASE@/$base/g" -e "s/@SERIAL@/$2/g" -e "s/@YEAR@/$(($(date +%Y) - 1911))/g" \
      -e "s/@DATE@/中華民國$(($(date +%Y) - 1911))年$(date +%-m)月$(date +%-d)日/g" \
      -e "s/@WEEKDAY@/星期${weekdays[$(date +%w)]}/g" \
      "tests/world/documents/$1.$suffix" >"$documents/$base.$suffix"
  done
  echo "$documents/$base"
}

# A state that a recipient must reach: await SENDER DOCUMENT STATE…
await() {
  local sender=$1 document=$2 states
  shift 2
  for _ in $(seq 300); do
    states=$(yz "$sender" --json status "$document" | python3 -c '
import json, sys
document = json.load(sys.stdin)
print(" ".join(sorted(r["state"] for p in document["packages"] for r in p["recipients"])))')
    [ "$states" != "$*" ] || return 0
    sleep 0.2
  done
  yz "$sender" history "$document" || true
  die "$document 應為「$*」，實為「$states」"
}

# The newest received document of an agency, once it is there: newest AGENCY SUBJECT-PART
newest() {
  for _ in $(seq 300); do
    local id
    id=$(yz "$1" --json inbox --state received | python3 -c '
import json, sys
for mail in json.load(sys.stdin)["items"]:
    if sys.argv[1] in mail["subject"]:
        print(mail["id"])
        break' "$2")
    [ -z "$id" ] || { echo "$id"; return 0; }
    sleep 0.2
  done
  die "$1 未收到「$2」"
}

send_letter() {
  say "測試部發函（附 ODT 及 PDF）予澤林縣政府、雲岫市政府"
  local letter
  letter=$(prepare letter 0001001)
  cp tests/world/documents/plan.odt "$letter-ATTCH1.odt"
  cp tests/world/documents/notes.pdf "$letter-ATTCH2.pdf"
  letter_id=$(yz a --json send "$letter.di" | field .id)
  await a "$letter_id" received received
  local b c
  b=$(newest b 推動計畫) c=$(newest c 推動計畫)
  yz b receive "$b" --into "$demo/received-b"
  cmp "$letter-ATTCH1.odt" "$demo/received-b/$(basename "$letter")-ATTCH1.odt"
  yz b confirm "$b"
  yz c return "$c" --kind misdirected --note "本府非承辦機關"
  await a "$letter_id" confirmed returned
  yz a status "$letter_id"
  yz a history "$letter_id"
}

send_meeting_notice() {
  say "開會通知單（最速件）"
  local notice
  notice=$(prepare meeting 0001002)
  cp tests/world/documents/plan.odt "$notice-ATTCH1.odt"
  yz a render "$notice.di"
  await a "$(yz a --json send "$notice.di" | field .id)" received received
}

send_split() {
  say "分繕：各受文者各一份本文"
  local first second
  first=$(prepare split-b 0001003) second=$(prepare split-c 0001004)
  for pair in "$first" "$second"; do cp tests/world/documents/notes.pdf "$pair-ATTCH1.pdf"; done
  local id
  id=$(yz a --json send --split "$first.di" "$second.di" | field .id)
  await a "$id" received received
  yz a status "$id"
}

send_infected() {
  say "帶有惡意程式之公文：本機之病毒碼較舊而放行，由交換中心阻絕"
  local letter
  letter=$(prepare infected 0001005)
  printf '操作說明 YIZHAN-TEST-%s\n' 'MALWARE-0001-NOT-REAL' >"$letter-ATTCH1.txt"
  local id
  id=$(yz a --json send "$letter.di" | field .id)
  await a "$id" held held
  yz a status "$id"
  centre held
}

send_invalid() {
  say "格式有誤之公文：不予發送，並指出行號與更正方法"
  local letter
  letter=$(prepare invalid 0001006)
  if yz a validate "$letter.di"; then die "有誤之公文竟然通過"; fi
  if yz a send "$letter.di"; then die "有誤之公文竟然送出"; fi
}

# A week later, of what was sent today: the withheld letter is dealt with, by telephone and on paper.
follow_up() {
  say "次日查核：仍無收文確認者，及其處理"
  local week held
  week=$(date -d '7 days' +%F)
  yz a worklist --day "$week"
  held=$(yz a --json worklist --day "$week" | python3 -c '
import json, sys
print(next(item["document_id"] for item in json.load(sys.stdin)["items"] if item["state"] == "held"))')
  yz a follow-up "$held" --recipient T37600000B --kind phoned --note "請對方先勿辦理"
  yz a follow-up "$held" --recipient T38100000C --kind paper
  yz a statistics --by agency,type | grep -E '件數|函' || die "統計沒有剛發之函"
  yz a paper-list | grep 已電子交換未確認 || die "紙本清單沒有剛登錄之受文者"
}

# The address book in a spreadsheet, a group out of it, and the roster that goes with a document.
keep_a_group() {
  say "行文群組：由地址簿之試算表建立，除外一個機關，展開為交換表單"
  yz a address-book 政府 --csv "$demo/governments.csv"
  yz a group save 縣市政府 --from "$demo/governments.csv"
  yz a group show 縣市政府
  yz a group roster 縣市政府 --into "$demo/governments.sw" --except T38100000C
  grep -q T37600000B "$demo/governments.sw" || die "交換表單沒有群組之受文者"
  if grep -q T38100000C "$demo/governments.sw"; then die "除外之受文者仍在交換表單"; fi
}

# Work on the centre: what is sent meanwhile waits at its sender, who reads why, and goes by itself.
maintain_the_centre() {
  say "交換中心維護：新件留在發文機關，並說明原因；恢復後自動送出"
  local letter id
  letter=$(prepare meeting 0001008)
  cp tests/world/documents/plan.odt "$letter-ATTCH1.odt"
  centre drain --person 林維運 --reason 更換磁碟
  id=$(yz a --json send "$letter.di" | field .id)
  for _ in $(seq 100); do
    if yz a status "$id" | grep 更換磁碟; then break; fi
    sleep 0.2
  done
  yz a status "$id" | grep -q 更換磁碟 || die "發文機關看不到維護之原因"
  centre status | head -4
  centre open --person 林維運
  await a "$id" received received
}

# The other centre dies over what it is being handed, and stays away: its agency's copy waits here, the
# agency of this centre has its own; when it is back, everything goes on, once.
lose_a_centre() {
  say "第二交換中心於移交途中中斷：本中心之受文者照常收取，發文機關看得到等候之原因；恢復後自動移交"
  local letter id
  letter=$(prepare letter 0001009)
  cp tests/world/documents/plan.odt "$letter-ATTCH1.odt"
  cp tests/world/documents/notes.pdf "$letter-ATTCH2.pdf"
  id=$(yz a --json send "$letter.di" | field .id)
  touch "$demo/run/exchange-2.down"
  pkill -KILL -f "$demo/centre-2/exchange.toml" || die "第二交換中心不在執行"
  for _ in $(seq 400); do
    if yz a status "$id" | grep -q -e 無法連線 -e 受文機關已收取.*受文機關已收取; then break; fi
    sleep 0.2
  done
  yz a status "$id"
  rm "$demo/run/exchange-2.down"
  await a "$id" received received
  yz a history "$id" | grep -e B.1
  relayed_id=$id
}

# Stops the second centre's exchange for a while: while_down COMMAND…
while_down() {
  touch "$demo/run/exchange-2.down"
  pkill -KILL -f "$demo/centre-2/exchange.toml" || die "第二交換中心不在執行"
  while pgrep -f "$demo/centre-2/exchange.toml" >/dev/null; do sleep 0.1; done
  "$@"
  rm "$demo/run/exchange-2.down"
}

put_copy_back() { rm -rf "$demo/centre-2/data" && mv "$demo/copy" "$demo/centre-2/data"; }

# A disk is lost and a copy is all there is: what the centre has forgotten is told to it again.
lose_a_disk() {
  say "第二交換中心之磁碟損毀，僅有較舊之備份：其後接管及送達之公文，由各方所持之證據補回"
  while_down cp -a "$demo/centre-2/data" "$demo/copy"
  local letter id count=0
  letter=$(prepare letter 0001010)
  cp tests/world/documents/plan.odt "$letter-ATTCH1.odt"
  cp tests/world/documents/notes.pdf "$letter-ATTCH2.pdf"
  id=$(yz a --json send "$letter.di" | field .id)
  await a "$id" received received
  while_down put_copy_back
  for _ in $(seq 300); do
    count=$("$build/yizhan" centre --socket "$demo/run/centre-2.sock" --json status 2>/dev/null |
      field .comeback.count 2>/dev/null || true)
    [ "$count" != 1 ] || break
    sleep 0.2
  done
  [ "$count" = 1 ] || die "第二交換中心不知其資料曾還原"
  letter=$(prepare meeting 0001011)
  cp tests/world/documents/plan.odt "$letter-ATTCH1.odt"
  await a "$(yz a --json send "$letter.di" | field .id)" received received
  await a "$id" received received
  echo "已還原 $count 次；其間之公文仍為收取，且未重複"
  [ "$(yz c --json inbox | grep -o '1010號' | wc -l)" = 1 ] || die "還原後重複收文，或遺失"
}

# Left for the reader of README.md to send.
leave_a_letter() {
  local letter
  letter=$(prepare letter 0001007 next)
  cp tests/world/documents/plan.odt "$letter-ATTCH1.odt"
  cp tests/world/documents/notes.pdf "$letter-ATTCH2.pdf"
}

# The five minutes of README.md, as a new user would type them.
follow_the_readme() {
  say "README 之五分鐘"
  local commands output
  commands=$(sed -n '/^    export YIZHAN_TERMINAL/,/^$/s/^    //p' README.md | sed "s#build/dev/#$build/#")
  output=$(bash -euo pipefail -c "$commands") || die "README 之指令失敗"
  echo "$output"
  for words in 0001007號 受文機關已收取 有效：; do
    [[ $output == *$words* ]] || die "README 之指令未顯示「$words」"
  done
}

export_and_verify() {
  say "匯出一件公文及其證據，離線驗證（日誌之檢查點附 RFC 3161 時戳；僅一中心，故未經見證）"
  for _ in $(seq 100); do
    [ "$(centre --json status | field .log.timestamps[0].size)" = 0 ] || break
    sleep 0.2
  done
  yz a export "$letter_id" --into "$demo/export"
  [ "$(ls "$demo/export" | wc -l)" = 1 ] || die "匯出資料夾應恰有一個"
  "$build/yizhan" verify "$demo"/export/* --trust "$demo/trust" | tee "$demo/verified"
  grep -q '^時戳' "$demo/verified" || die "檢查點沒有時戳"
  say "另一支獨立之驗證程式（僅用 Python 標準函式庫與 openssl）"
  python3 -B tools/verify_export.py "$demo"/export/* --trust "$demo/trust"
  say "經兩個交換中心之公文，其證據（含 B.1）亦同"
  yz a export "$relayed_id" --into "$demo/export-relayed"
  "$build/yizhan" verify "$demo"/export-relayed/* --trust "$demo/trust"
  python3 -B tools/verify_export.py "$demo"/export-relayed/* --trust "$demo/trust"
  [ -n "$(find "$demo/export-relayed" -name '*-B.1-all.p7m')" ] || die "匯出資料沒有 B.1"
}

look_at_the_log() {
  say "證據日誌：見證者與時戳機構"
  centre status | grep -E '^(日誌|時戳機構)'
}

audit_and_account() {
  say "稽核證據日誌：資料列、證據、雜湊檔、檢查點"
  "$build/yizhan" audit-log "$demo/centre/data/log" --certificate "$demo/centre/keys/log.crt" \
    --database "$demo/centre/data/exchange.db" --kept "$(ls "$demo"/export/*/packages/01/proofs/01.json)"
  say "僅憑日誌結算：兩個中心，及全程"
  "$build/yizhan" account "$demo/centre/data/log" "$demo/centre-2/data/log"
}

# Part of --once only: it takes a while.
look_with_other_eyes() {
  say "以 openssl、sha256sum 查驗匯出資料，並確認任何一處更動都會被發現"
  python3 -B tests/world/export_eyes.py "$build/yizhan" "$demo"/export/* "$demo/trust"
}

say "啟動：管理層、兩個交換中心、四個機關"
start_lab
[ "$once" != --once ] || trap stop_lab EXIT
mkdir -p "$documents"
send_letter
send_meeting_notice
send_split
send_infected
follow_up
send_invalid
keep_a_group
maintain_the_centre
lose_a_centre
leave_a_letter
export_and_verify
[ "$once" != --once ] || look_with_other_eyes
[ "$once" != --once ] || follow_the_readme
say "帳目：受理 + 接管 = 完結 + 移交 + 待辦"
centre accounting
centre --json accounting | python3 -c 'import json, sys; sys.exit(not json.load(sys.stdin)["balanced"])' ||
  die "帳目不符"
audit_and_account
look_at_the_log
lose_a_disk
look_at_the_board
answer_a_notice
publish_a_release
compare_a_host
suspend_an_agency
change_an_agency
change_the_addresses
follow_an_incident
represent_an_agency

say "監控：/readyz（簽署、寫入、掃描各實作一次）與 /metrics"
curl -sf --unix-socket "$demo/run/centre.sock" http://centre/readyz | python3 -m json.tool --compact
curl -sf --unix-socket "$demo/run/centre.sock" http://centre/metrics |
  grep -E '^yizhan_(accounting_balanced|waiting_packages|ready)'

if [ "$once" = --once ]; then
  say "示範完成"
else
  cat <<END

系統仍在執行。可以繼續試：
  export YIZHAN_TERMINAL=$PWD/$demo/run/a.sock     # 測試部；b 為澤林縣政府，c、d 屬第二中心
  $build/yizhan status                              # 各項服務
  $build/yizhan inbox                               # 收文匣
  $build/yizhan management --socket $demo/run/management.sock board --all   # 管理層
  $build/yizhan --help
結束：kill $(cat "$demo.pid")
END
fi

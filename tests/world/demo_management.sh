# Management's part of the demonstration, for demo.sh: what people sign, hand down and follow.

# An officer of management signs staged roles with a card of their own: sign OFFICER ROLE…
sign() {
  local officer=$1
  shift
  distribution sign "${@/#/$demo/repository/staged/}" --key "$demo/officers/$officer.key" \
    --certificate "$demo/officers/$officer.crt" --passphrase-file "$demo/passphrase" >/dev/null
}

# Two of three sign; management then publishes by itself: hand_down ROLE PATH FILE
hand_down() {
  distribution add "$demo/repository" "$2" "$3"
  sign wang "$1.json"
  sign tsai "$1.json"
}

# The distribution begins with people: three officers, of whom two sign the first root.
found_the_distribution() {
  say "管理層：三位承辦人員，由其中二人簽署派送之第一版及通訊目錄"
  local officers=()
  for officer in wang huang tsai; do officers+=(--officer "$demo/officers/$officer.crt"); done
  distribution init "$demo/repository" "${officers[@]}" --online "$demo/management/keys/online.crt"
  sign wang root.json targets.json
  sign huang root.json targets.json
  hand_down directory directory/directory.p7m "$demo/directory.p7m"
}

# What management has handed down is run by everybody, and everybody has signed that it is.
look_at_the_board() {
  say "管理層：各中心及機關已簽署回報其使用之目錄版次"
  for _ in $(seq 150); do
    if management board --all >"$demo/board"; then break; fi
    sleep 0.2
  done
  cat "$demo/board"
  management board >/dev/null || die "仍有落後或未回報者"
}

# An update notice: planned within the week, then done, each signed by the centre.
answer_a_notice() {
  say "管理層發布作業系統更新通知；交換中心排定時程、完成更新，逐一簽署回覆"
  "$build/yizhan" notice draft 1 --title 'OpenSSL 修補' --vulnerability CVE-2026-0001 \
    --impact '須重新啟動各服務' --test '測試環境收發正常' --into "$demo/notice.json"
  hand_down policies notices/1.json "$demo/notice.json"
  for _ in $(seq 150); do
    [ "$(centre --json notices | grep -c OpenSSL)" = 0 ] || break
    sleep 0.2
  done
  centre notices
  centre notice 1 --planned "$(date -d '3 days' +%F)" --person 林維運
  centre notice 1 --done "$(date +%F)" --person 林維運 --note 二部主機均已更新
  for _ in $(seq 100); do
    management notices >"$demo/notices" || true
    if grep -q 已完成 "$demo/notices"; then break; fi
    sleep 0.2
  done
  cat "$demo/notices"
  grep -q 已完成 "$demo/notices" || die "管理層未收到回覆"
}

fetch_release() {
  "$build/yizhan" release fetch "$1" --root "$demo/repository/metadata/1.root.json" \
    --state "$demo/seen.json" --layer exchange --into "$demo/packages"
}

# A new version: two sign its check codes, the centre verifies them, and what is tampered with is not
# installed by anybody.
publish_a_release() {
  say "管理層派送新版程式：二人簽章；交換中心驗證檢核碼；遭竄改之套件不予安裝"
  local tree=$demo/package deb=$demo/yizhan-exchange_0.2.0_all.deb
  mkdir -p "$tree/DEBIAN" "$tree/usr/share/doc/yizhan-exchange"
  printf '%s\n' 'Package: yizhan-exchange' 'Version: 0.2.0' 'Architecture: all' \
    'Maintainer: Yizhan <yizhan@example.invalid>' 'Description: demonstration' >"$tree/DEBIAN/control"
  cp CHANGELOG.md "$tree/usr/share/doc/yizhan-exchange/"
  dpkg-deb --root-owner-group --build "$tree" "$deb" >/dev/null
  "$build/yizhan" release stage "$demo/repository" 0.2.0 --layer exchange --package "$deb" \
    --clamd "$demo/clamd/clamd.sock" --notes 示範用之新版
  sign wang releases.json
  sign huang releases.json
  for _ in $(seq 150); do
    if centre status | grep '新版 0.2.0 之檢核碼相符'; then break; fi
    sleep 0.2
  done
  fetch_release "$demo/centre/data/distribution/mirror"
  cmp "$deb" "$demo/packages/$(basename "$deb")"
  cp -a "$demo/centre/data/distribution/mirror" "$demo/tampered"
  printf x >>"$(find "$demo/tampered/targets" -name '*.deb')"
  if fetch_release "$demo/tampered"; then die "遭竄改之套件竟然通過"; fi
}

# Suspended by an order that two have signed: its mail waits and is not lost, senders read why.
suspend_an_agency() {
  say "命令中止一機關之服務：其公文保留而不遺失，發文機關可見事由；恢復後自動送達"
  "$build/yizhan" order draft suspend --as orders/1.json --agency T37600000B --ground 一 \
    --reason 第三級資安事件 --into "$demo/order.json"
  hand_down orders orders/1.json "$demo/order.json"
  for _ in $(seq 150); do
    [ "$(centre --json orders | grep -c in_force)" = 0 ] || break
    sleep 0.2
  done
  centre orders
  local letter id
  letter=$(prepare meeting 0001012)
  cp tests/world/documents/plan.odt "$letter-ATTCH1.odt"
  id=$(yz a --json send "$letter.di" | field .id)
  for _ in $(seq 150); do
    yz a status "$id" >"$demo/status"
    if grep -q 中止 "$demo/status"; then break; fi
    sleep 0.2
  done
  cat "$demo/status"
  grep -q 中止 "$demo/status" || die "發文機關看不到中止之事由"
  "$build/yizhan" order draft resume --as orders/2.json --agency T37600000B --reason 改善完成 \
    --supersedes orders/1.json --into "$demo/order.json"
  hand_down orders orders/2.json "$demo/order.json"
  await a "$id" received received
}

# Somebody with an account of their own, a password and an authenticator app: enter NAME ROLE [SCOPE]
enter() {
  local name=$1 role=$2 scope=${3:-} app code
  management account open "$name" --person "$name" --role "$role" ${scope:+--scope "$scope"} \
    --into "$demo/$name.recovery" >/dev/null
  [ -f "$demo/password" ] || printf 'Correct-horse-8\n' >"$demo/password"
  app=$(as "$name" --json recover --recovery-file "$demo/$name.recovery" --new-file "$demo/password" |
    field .authenticator)
  code=$(python3 -c '
import base64, hashlib, hmac, re, struct, sys, time
secret = re.search(r"secret=([A-Z2-7]+)", sys.argv[1])[1]
key = base64.b32decode(secret + "=" * (-len(secret) % 8))
mac = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
at = mac[-1] & 15
number = struct.unpack(">I", mac[at:at + 4])[0] & 0x7FFFFFFF
print(f"{number % 1000000:06d}")' "$app")
  as "$name" login "$name" --password-file "$demo/password" --code "$code"
}

# Over HTTPS, in the session that somebody opened: as NAME COMMAND…
as() {
  local port
  port=$(sed -n '/^\[people\]/,/^\[/s/^port = //p' "$demo/management/management.toml")
  "$build/yizhan" management --server "127.0.0.1:$port" --anchors "$demo/trust/anchors/root.pem" \
    --token-file "$demo/$1.token" "${@:2}"
}

# One member of the case of that agency: of_case MEMBER
of_case() { management --json request show "$change" | field "$1"; }

# From an agency's form to the directory that everybody runs: its centre has compared the
# fingerprint, two officers have approved.
change_an_agency() {
  say "連線異動申請表：機關簽署，交換中心審核，管理層二人核准，列入通訊目錄"
  local key=(--key "$demo/a/keys/sign.key" --certificate "$demo/a/keys/sign.crt")
  local officer=(--key "$demo/officers/chen.key" --certificate "$demo/officers/chen.crt")
  local secret=(--passphrase-file "$demo/passphrase") change
  enter chang management_officer
  enter lee management_officer
  enter operator centre_operator CENTRE-1
  "$build/yizhan" enrol request --agency T01000000A --effective "$(TZ=Asia/Taipei date +%F)" \
    --reason 組織改造 --person 王大明 --phone 02-2345-6789 --name 測試新部 --address 127.0.0.1 --address 127.0.0.5 \
    "${key[@]}" "${secret[@]}" --into "$demo/request.p7m"
  "$build/yizhan" centre review "$demo/request.p7m" --centre CENTRE-1 --agreed --person 林維運 \
    --handling 已電話核對指紋 "${officer[@]}" "${secret[@]}" --into "$demo/review.p7m"
  change=$(as operator --json request review "$demo/review.p7m" | field .case)
  as chang request propose "$change" >/dev/null
  local digest
  digest=$(of_case .waiting[0].digest)
  if as chang request approve "$change" --digest "$digest"; then die "提議者竟能自行核准"; fi
  as lee request approve "$change" --digest "$digest"
  as lee approved --into "$demo/approved.json"
  "$build/yizhan" directory draft --directory "$demo/directory.p7m" \
    --officer "$demo/officers/directory.crt" --approved "$demo/approved.json" \
    --into "$demo/directory.json"
  "$build/yizhan" directory sign "$demo/directory.json" --key "$demo/officers/directory.key" \
    --certificate "$demo/officers/directory.crt" "${secret[@]}" --into "$demo/next.p7m"
  hand_down directory directory/directory.p7m "$demo/next.p7m"
  for _ in $(seq 150); do
    if yz b address-book 測試新部 | grep T01000000A; then break; fi
    sleep 0.2
  done
  yz b address-book 測試新部 | grep -q T01000000A || die "其他機關之地址簿未更新"
  for _ in $(seq 450); do
    [ "$(of_case .state)" != in_effect ] || break
    sleep 0.2
  done
  management request show "$change"
  [ "$(of_case .state)" = in_effect ] || die "案件未結"
}

# All of the demonstration is at one address of this machine, so its list has exceptions: CODE ADDRESS…
write_exceptions() {
  python3 - "$demo/exceptions.json" "$@" <<'END'
import datetime, json, sys
into, *given = sys.argv[1:]
until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=30)
json.dump([{"address": address, "code": code, "case": "示範-1", "ground": "示範環境共用一部主機",
            "until": until.strftime("%Y-%m-%dT%H:%M:%S.000Z")}
           for code, address in zip(given[::2], given[1::2])], open(into, "w"))
END
}

# The firewall reads and verifies the list by itself and writes it into the kernel's filter, here in
# a network of its own, which only root may have.
apply_addresses() {
  mkdir -p "$demo/firewall"
  printf '%s\n' 'centre = "CENTRE-1"' 'mirror = "centre/data/distribution/mirror"' 'look = "1s"' \
    'root = "repository/metadata/1.root.json"' 'folder = "firewall"' '[terminals]' 'port = 7443' \
    '[centres]' 'port = 7444' >"$demo/firewall.toml"
  # shellcheck disable=SC2016
  unshare --net bash -c '
    "$1/yizhan-firewall" --config "$2/firewall.toml" >"$2/firewall.log" 2>&1 &
    for _ in $(seq 100); do
      if grep -qs "\"elements\":[1-9]" "$2/firewall/status.json"; then break; fi
      sleep 0.2
    done
    nft list table inet yizhan
    kill $!
    wait $! || true' - "$build" "$demo" >"$demo/nft.txt"
  cat "$demo/firewall/status.json"
  printf '\n'
  grep 127.0.0.5 "$demo/nft.txt" || die "新位址未列入防火牆"
}

# The address that change_an_agency has added: into the list of its centre, and into the firewall.
change_the_addresses() {
  say "主機位址變動：由通訊目錄推導位址清單，未經核准之共用位址不列入；二人簽署，防火牆套用"
  local derive=("$build/yizhan" addresses derive --directory "$demo/next.p7m"
                --officer "$demo/officers/directory.crt" --centre CENTRE-1 --into "$demo/addresses.json")
  if "${derive[@]}"; then die "未經核准之共用位址竟列入清單"; fi
  write_exceptions T01000000A 127.0.0.1 T01000000A 127.0.0.5 T37600000B 127.0.0.1 CENTRE-2 127.0.0.1
  "${derive[@]}" --exceptions "$demo/exceptions.json"
  "$build/yizhan" addresses table "$demo/addresses.json" --of 127.0.0.5
  hand_down addresses addresses/CENTRE-1.json "$demo/addresses.json"
  if unshare --net true 2>/dev/null && command -v nft >/dev/null; then apply_addresses; fi
}

# The malware of send_infected, as its centre and management follow it.
follow_an_incident() {
  say "資安事件：惡意程式之來源機關、憑證、位址與時間；一小時內通報；管理層審核等級"
  local id
  id=$(centre --json incidents | field .items[0].incident)
  centre incident "$id"
  centre incident "$id" --control 已請來源機關停機清查 --person 林維運 >/dev/null
  for _ in $(seq 150); do
    management incidents >"$demo/incidents" || true
    if grep -q 已控制 "$demo/incidents"; then break; fi
    sleep 0.2
  done
  cat "$demo/incidents"
  as chang incident CENTRE-1 "$id" --confidentiality 3 --integrity 2 --availability 1 \
    --note 受文者均未取得，但檔案內含個人資料
  if management grounds >"$demo/grounds"; then die "三級資安事件未列為得中止服務之事由"; fi
  cat "$demo/grounds"
  grep -q '十三(一)' "$demo/grounds"
}

check_host() {
  "$build/yizhan" baseline check "$demo/centre/data/distribution/mirror" \
    --root "$demo/repository/metadata/1.root.json" --state "$demo/seen.json" --layer exchange \
    --node CENTRE-1 --host "$1" --into "$demo/findings.json"
}

# How hosts of exchanges are to be, and whether this one is so.
compare_a_host() {
  say "標準組態：擬自一部主機，二人簽章後派送；主機逐日比對，偏離者列出"
  local host=$demo/host
  mkdir -p "$host/etc" "$host/var/lib/dpkg" "$host/proc/net"
  cp /etc/os-release "$host/etc/"
  printf '%s\n' 'Package: openssl' 'Status: install ok installed' 'Version: 3.0.15-1' \
    >"$host/var/lib/dpkg/status"
  printf 'head\n 0: 00000000:20FB 00000000:0000 0A\n' >"$host/proc/net/tcp"
  printf 'head\n' >"$host/proc/net/udp"
  "$build/yizhan" baseline draft --layer exchange --host "$host" --package openssl \
    --forbid 'transmission*' --into "$demo/exchange.json"
  "$build/yizhan" baseline stage "$demo/repository" "$demo/exchange.json"
  sign wang policies.json
  sign tsai policies.json
  printf '%s\n' '' 'Package: transmission-gtk' 'Status: install ok installed' 'Version: 3.00' \
    >>"$host/var/lib/dpkg/status"
  for _ in $(seq 150); do
    if check_host "$host" >"$demo/host.txt" 2>&1; then die "禁止安裝之軟體未被列出"; fi
    if grep -q forbidden:transmission-gtk "$demo/host.txt"; then break; fi
    sleep 0.2
  done
  cat "$demo/host.txt"
  grep -q forbidden:transmission-gtk "$demo/findings.json" || die "比對結果不符"
}

# The edition after that one, as management decides it by hand: represented AGENCY BY FILE
write_represented() {
  openssl cms -verify -noverify -inform DER -in "$demo/next.p7m" -out "$demo/edition.json" 2>/dev/null
  python3 - "$@" "$demo/edition.json" <<'END'
import datetime, json, sys
agency, by, into, edition = sys.argv[1:]
directory = json.load(open(edition))
now = datetime.datetime.now(datetime.timezone.utc)
text = lambda time: time.strftime("%Y-%m-%dT%H:%M:%S.000Z")
directory["version"] += 1
for one in directory["agencies"]:
    if one["code"] == agency:
        one["representative"] = {"org_code": by, "from": text(now + datetime.timedelta(seconds=20)),
                                 "until": text(now + datetime.timedelta(days=7))}
json.dump(directory, open(into, "w"), ensure_ascii=False)
END
}

# An agency whose terminal is away has its letters opened and receipted by another of its centre.
represent_an_agency() {
  say "代收：雲岫市政府之公文七日內由第四機關以其金鑰開啟、簽收"
  write_represented T38100000C T39500000D "$demo/represented.json"
  "$build/yizhan" directory sign "$demo/represented.json" --key "$demo/officers/directory.key" \
    --certificate "$demo/officers/directory.crt" --passphrase-file "$demo/passphrase" \
    --into "$demo/represented.p7m"
  hand_down directory directory/directory.p7m "$demo/represented.p7m"
  for _ in $(seq 150); do
    if [ "$(management --json status | field .directory.version)" = 3 ] && management board >/dev/null; then break; fi
    sleep 0.2
  done
  sleep 20  # it begins then
  local letter
  letter=$(prepare letter 0001013)
  cp tests/world/documents/plan.odt "$letter-ATTCH1.odt"
  cp tests/world/documents/notes.pdf "$letter-ATTCH2.pdf"
  await a "$(yz a --json send "$letter.di" | field .id)" received received
  newest d 推動計畫 >/dev/null
  yz d inbox --state received
}

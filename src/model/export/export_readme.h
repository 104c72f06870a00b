#pragma once

#include <string_view>

namespace yizhan {

// README.txt of an export: how to check it without this program. The indented lines are commands
// for bash, in order, from inside the folder; tests/world/export_eyes.py runs them as they stand.
inline constexpr std::string_view kExportReadme = R"readme(公文電子交換之匯出資料
======================

本資料夾為一件公文及其全部證據，任何人皆可離線查驗。格式見驛站之 docs/protocol/export.md。
下列指令於本資料夾內依序執行（bash）；各行均須成功。

TRUST 為查驗者自備之信任資料夾，其 anchors/ 內為根憑證；本資料夾內之憑證不作為信任起點：

    export TRUST=/etc/yizhan/trust

以驛站查驗：

    yizhan verify . --trust "$TRUST"

以一般工具查驗（openssl、coreutils、jq）：

  0. 暫存於本資料夾之外；ca.pem 含根憑證與中繼憑證：

    export WORK=$(mktemp -d)
    cat "$TRUST"/anchors/*.pem certificates/*.pem > "$WORK/ca.pem"
    signed() { openssl cms -verify -inform DER -in "$1" -CAfile "$WORK/ca.pem" -purpose any; }

     憑證若已逾效期，於 openssl 加上 -attime 與該證據之時間（Unix 秒）。副檔名為 .json 之證據係與他份合簽
     （RFC 9162 雜湊樹）：signature 為樹根之簽章，statement 經 path 逐層雜湊須等於樹根。

    digest() { sha256sum | cut -c 1-64; }
    joined() { echo "$1" | tr a-f A-F | basenc --base16 -d | digest; }
    batched() {
    jq -rj .signature "$1" | base64 -d > "$WORK/batch.p7m"
    signed "$WORK/batch.p7m" > "$WORK/batch.json" || return 1
    [ "$(jq -r .format "$WORK/batch.json")" = yizhan-batch-1 ] || return 1
    at=$(jq .index "$1"); last=$(($(jq .count "$WORK/batch.json") - 1))
    node=$({ printf '\0yizhan-batch-1\n'; jq -rj .statement "$1"; } | digest)
    for other in $(jq -r '.path[]' "$1"); do
    if [ $((at % 2)) = 1 ] || [ "$at" = "$last" ]; then node=$(joined "01$other$node")
    while [ $((at % 2)) = 0 ] && [ "$at" != 0 ]; do at=$((at / 2)); last=$((last / 2)); done
    else node=$(joined "01$node$other"); fi
    at=$((at / 2)); last=$((last / 2)); done
    [ "$last" = 0 ] && [ "$node" = "$(jq -r .root "$WORK/batch.json")" ] || return 1
    jq -rj .statement "$1"; }
    opened() { case $1 in *.json) batched "$1";; *) signed "$1";; esac; }

  1. 清單由匯出機關簽章；各檔之 SHA-256 與清單相符，且沒有多餘之檔案：

    signed index.p7m | cmp - index.json
    jq -r '.files[] | .sha256 + "  " + .name' index.json | sha256sum -c --quiet
    jq -r '.files[].name' index.json | sort > "$WORK/listed"
    find . -type f ! -path './index.*' -printf '%P\n' | sort | diff "$WORK/listed" -

  2. 發文機關簽章之標頭、掃描結果與證據（有多個封裝者，各自查驗）：

    signed packages/01/header.p7m > "$WORK/header.json"
    for file in packages/*/verdicts/* packages/*/evidence/*; do
    opened "$file"; echo; done

  3. 內容清單之 SHA-256 即標頭之 plaintext_root；各檔之 SHA-256 載於內容清單：

    jq -r '.plaintext_root + "  packages/01/manifest.json"' "$WORK/header.json" | sha256sum -c
    jq -r '.parts[] | .sha256 + "  parts/01/" + .name' packages/01/manifest.json | sha256sum -c

  4. 各證據之 header_sha256 即標頭檔之 SHA-256；previous_sha256 為前一證據內容（opened 之輸出）之 SHA-256：

    for file in packages/01/evidence/*; do
    opened "$file" | jq -r '.header_sha256 + "  packages/01/header.p7m"' | sha256sum -c; done
    for file in packages/01/evidence/* packages/01/verdicts/*; do
    opened "$file" | sha256sum; done
    for file in packages/01/evidence/*; do
    opened "$file" | jq -c '[.type, .recipient, .previous_sha256]'; done

    rm -r "$WORK"
)readme";

}  // namespace yizhan

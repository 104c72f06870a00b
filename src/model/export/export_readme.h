#pragma once

#include <string_view>

namespace yizhan {

// README.txt of an export: how to check it without this program.
inline constexpr std::string_view kExportReadme = R"(公文電子交換之匯出資料
======================

本資料夾為一件公文及其全部證據，任何人皆可離線查驗。格式見驛站之 docs/protocol/export.md。

以驛站查驗（TRUST 為查驗者自備之信任資料夾，本資料夾內之憑證不作為信任起點）：

    yizhan verify . --trust TRUST

以一般工具查驗：

  1. 各檔之大小與 SHA-256 與 index.json 相符，且沒有多餘或缺少之檔案：

    jq -r '.files[] | .sha256 + "  " + .name' index.json | sha256sum -c
    openssl cms -verify -inform DER -in index.p7m -CAfile ca.pem -purpose any | cmp - index.json

     ca.pem 含根憑證與中繼憑證：

    cat TRUST/anchors/*.pem certificates/*.pem > ca.pem

  2. 發文機關簽章之標頭、掃描結果與證據：

    openssl cms -verify -inform DER -in packages/01/header.p7m -CAfile ca.pem -purpose any
    for file in packages/01/verdicts/*.p7m packages/01/evidence/*.p7m; do
      openssl cms -verify -inform DER -in "$file" -CAfile ca.pem -purpose any; echo
    done

     憑證若已逾效期，加上 -attime 與該證據之時間（Unix 秒）。

  3. 內容清單之 SHA-256 即標頭之 plaintext_root；各檔之 SHA-256 載於內容清單：

    sha256sum packages/01/manifest.json parts/*/*

  4. 各證據之 header_sha256 即標頭檔之 SHA-256：

    sha256sum packages/01/header.p7m

     previous_sha256 為前一證據內容（上列 openssl 之輸出）之 SHA-256。
)";

}  // namespace yizhan

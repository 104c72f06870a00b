#include "ground/base/reason.h"

#include <algorithm>
#include <array>

#include "ground/base/assert.h"

namespace yizhan {

namespace {

using enum Reason;

constexpr auto kReasons = std::to_array<ReasonText>({
    {kBadRequest, "bad_request", "請求內容有誤", "請依 detail 所指欄位修正後重送。", 400},
    {kNotFound, "not_found", "查無此項", "請確認識別碼，或先查詢清單。", 404},
    {kForbidden, "forbidden", "無權執行", "請由具權限之機關或人員辦理。", 403},
    {kTooLarge, "too_large", "超過大小上限", "請縮小檔案或分次傳送；上限見 /api/v1/limits。", 413},
    {kConflict, "conflict", "與現況衝突", "請重新查詢現況後再試。", 409},
    {kIdempotencyMismatch, "idempotency_mismatch", "同一識別碼已用於不同內容",
     "內容如有變更，請改用新的識別碼重送。", 422},
    {kUnavailable, "unavailable", "服務暫時無法使用", "請稍後再試；已受理之公文不會遺失。", 503},
    {kTooManyRequests, "too_many_requests", "請求過於頻繁", "請依 Retry-After 所示時間後再試。", 429},
    {kQuotaReached, "quota_reached", "發送額度已用完",
     "公文保留於發文機關，額度恢復後自動續送；急件請改寄紙本，或洽所屬交換中心調高額度。", 429},
    {kMethodNotAllowed, "method_not_allowed", "此路徑不支援該方法", "請改用 Allow 所列之方法。", 405},
    {kHeaderTooLarge, "header_too_large", "請求標頭或網址過長", "請縮短網址或減少標頭後重送。", 431},
    {kInternal, "internal", "系統內部錯誤", "請稍後再試；仍有問題請將 trace_id 告知維運人員。", 500},
    {kMalformed, "malformed", "資料格式不正確", "請以符合規格之程式重新產生。", 400},
    {kUnknownFormat, "unknown_format", "不認得的格式版本", "請更新程式至最新版本。", 400},
    {kUnknownAgency, "unknown_agency", "查無此機關代碼", "請以地址簿查詢正確之機關代碼。", 422},
    {kUnknownUnit, "unknown_unit", "查無此單位代碼", "請以地址簿查詢正確之單位代碼。", 422},
    {kUnknownCentre, "unknown_centre", "查無此交換中心", "請更新目錄後再試。", 422},
    {kCentreUnreachable, "centre_unreachable", "受文機關所屬之交換中心無法連線",
     "公文已保留，恢復後自動移交；急件請先以電話聯絡或改寄紙本。", 503},
    {kAgencySuspended, "agency_suspended", "該機關之服務已中止",
     "請洽所屬交換中心辦理恢復；公文將保留。", 403},
    {kAgencyClosed, "agency_closed", "該機關已裁撤或停用", "請以地址簿查詢承受業務之機關。", 422},
    {kWrongHomeCentre, "wrong_home_centre", "非本中心所屬機關", "請改送該機關所屬之交換中心。", 403},
    {kWrongSender, "wrong_sender", "發文機關與連線身分不符", "請以發文機關本身之憑證傳送。", 403},
    {kUnlistedAddress, "unlisted_address", "來源位址未登錄", "請填連線異動申請表登錄主機位址。", 403},
    {kCertificateUnregistered, "certificate_unregistered", "憑證未登錄",
     "換發憑證後請先辦理連線異動登錄。", 403},
    {kCertificateUntrusted, "certificate_untrusted", "憑證不受信任", "請使用政府憑證體系核發之憑證。",
     403},
    {kCertificateExpired, "certificate_expired", "憑證不在有效期間", "請換發憑證並辦理登錄。", 403},
    {kCertificateRevoked, "certificate_revoked", "憑證已廢止", "請換發憑證並辦理登錄。", 403},
    {kCertificatePurpose, "certificate_purpose", "憑證用途不符", "請改用登錄為該用途之憑證。", 403},
    {kRevocationUnknown, "revocation_unknown", "憑證廢止狀態不明",
     "廢止清冊逾期；公文已保留，清冊更新後自動續辦。", 503},
    {kBadSignature, "bad_signature", "簽章驗證失敗", "內容可能遭竄改，請重新簽章傳送。", 403},
    {kAlgorithmRefused, "algorithm_refused", "不接受的密碼演算法", "請改用規格所列之演算法。", 422},
    {kReplayed, "replayed", "訊息識別碼已使用過", "請以新的訊息識別碼重新封裝。", 409},
    {kDirectoryStale, "directory_stale", "所依據之目錄版本過舊", "請更新目錄後重新封裝。", 409},
    {kDirectoryNewer, "directory_newer", "所依據之目錄版本較本中心新", "請稍後重試。", 503},
    {kPolicyNewer, "policy_newer", "所依據之政策版本較本機新", "請稍後重試；本機更新後自動續辦。", 503},
    {kPackageExpired, "package_expired", "封裝已逾有效期限", "請重新封裝傳送。", 422},
    {kClockSkew, "clock_skew", "時間相差過大", "請校正主機時間後重新封裝。", 422},
    {kRecipientsMismatch, "recipients_mismatch", "受文者清單與簽署內容不符", "請重新封裝傳送。", 422},
    {kScannersMismatch, "scanners_mismatch", "掃描者清單不符目錄", "請更新目錄後重新封裝。", 422},
    {kLengthMismatch, "length_mismatch", "長度不符", "請重新傳送完整內容。", 422},
    {kGroupMismatch, "group_mismatch", "內容雜湊不符", "傳輸受損，請重送該段。", 422},
    {kProofMismatch, "proof_mismatch", "雜湊樹證明不符", "請重新取得證明；仍不符時請保全資料並通報。", 422},
    {kUnopenable, "unopenable", "無法開啟封裝", "請通知發文機關重新封裝傳送。", 422},
    {kVerdictMissing, "verdict_missing", "缺少必要之掃描判定", "請洽交換中心。", 422},
    {kInfected, "infected", "偵測到惡意程式", "公文已阻絕，請清除惡意程式後重新發文。", 422},
    {kScanIncomplete, "scan_incomplete", "未能完整掃描", "公文已保留，待複查；或移除無法掃描之附件。",
     422},
    {kScannerUnavailable, "scanner_unavailable", "掃毒服務無法使用", "公文已保留，恢復後自動續辦。",
     503},
    {kScanBudget, "scan_budget", "掃描空間不足，排隊中", "公文已保留，將自動續辦。", 503},
    {kClassified, "classified", "密等公文不得經本系統交換", "請依文書處理手冊以密件方式傳遞。", 422},
    {kContentRefused, "content_refused", "內容不符交換規定", "請依 detail 修正後重新發文。", 422},
    {kArchiveLimits, "archive_limits", "壓縮檔超過檢查上限", "請減少壓縮檔之層數、件數或大小。", 422},
    {kArchiveEncrypted, "archive_encrypted", "壓縮檔已加密，無法掃描", "請改附未加密之檔案。", 422},
    {kDocumentInvalid, "document_invalid", "公文檔不符格式規定", "請依所列行號與說明修正。", 422},
    {kAttachmentType, "attachment_type", "附件檔案類型不允許", "請改附 ODF 或 PDF 檔。", 422},
    {kAttachmentName, "attachment_name", "附件檔名不允許", "請改用不含特殊符號之檔名。", 422},
    {kAttachmentMissing, "attachment_missing", "附件檔案不齊", "請補齊公文檔所列之附件。", 422},
    {kDuplicateRecipient, "duplicate_recipient", "受文者重複", "請移除重複之受文者。", 422},
    {kNumberReused, "number_reused", "發文字號重複", "請更正發文字號，或以重送功能辦理。", 409},
    {kStepNotAllowed, "step_not_allowed", "目前狀態不允許此動作", "請重新查詢公文狀態。", 409},
    {kLeaseLost, "lease_lost", "收文租約已失效", "請重新收取。", 409},
    {kAlreadyFinal, "already_final", "本件已有最終結果", "請查詢公文狀態。", 409},
    {kWithdrawn, "withdrawn", "發文機關已撤回", "無須處理。", 409},
    {kExpired, "expired", "逾期未收取", "請重新發文或改寄紙本。", 409},
    {kHoldExpired, "hold_expired", "保留期滿未處理", "請修正後重新發文。", 409},
    {kPaper, "paper", "已改寄紙本", "無須處理。", 409},
    {kKeyUnknown, "key_unknown", "查無此金鑰", "請檢查金鑰服務之設定。", 500},
    {kKeyForbidden, "key_forbidden", "不得使用此金鑰", "請檢查金鑰服務之授權設定。", 500},
    {kKeyholderUnavailable, "keyholder_unavailable", "金鑰服務無法使用", "請檢查金鑰服務或憑證卡。",
     503},
    {kTokenLocked, "token_locked", "憑證卡或模組待解鎖", "請插入憑證卡並輸入 PIN。", 503},
    {kExportBroken, "export_broken", "匯出檔不完整或遭變更", "請向匯出機關重新取得。", 422},
    {kAnchorUnknown, "anchor_unknown", "信任起點不明", "請以其他管道核對憑證指紋。", 422},
    {kMetadataExpired, "metadata_expired", "派送之簽署已逾效期",
     "請檢查本機時間及與管理層之連線；離線者請換用較新之派送資料夾。", 503},
    {kMetadataRolledBack, "metadata_rolled_back", "派送之版次倒退",
     "原有內容維持不變；請洽管理層查明來源。", 409},
    {kMetadataMismatch, "metadata_mismatch", "派送之內容前後不符",
     "原有內容維持不變；請重新取得，仍不符時洽管理層。", 422},
    {kThresholdNotMet, "threshold_not_met", "有效簽署之人數不足", "請由其他承辦人員補簽後再公布。", 403},
    {kNotLoggedIn, "not_logged_in", "尚未登入，或登入已失效", "請重新登入。", 401},
    {kLogInRefused, "log_in_refused", "無法登入", "請確認帳號、密碼及驗證碼；連續失敗者請於鎖定時間後再試，或洽管理者核發復原碼。", 401},
    {kPasswordRefused, "password_refused", "密碼不符規定", "請依 detail 所示改設其他密碼。", 422},
    {kRecoveryRefused, "recovery_refused", "復原碼無效、已使用或逾期", "請洽管理者重新核發復原碼。", 403},
    {kRoleMissing, "role_missing", "未具所需之角色", "請由具該角色之人員辦理。", 403},
    {kFormInvalid, "form_invalid", "表單內容不符規定", "請依 detail 所指欄位補正。", 422},
    {kSamePerson, "same_person", "提議人不得自行核定", "請由另一位具核定權限之人員辦理。", 403},
    {kDecisionLapsed, "decision_lapsed", "提議已逾核定期限", "請重新提議。", 409},
    {kDecisionChanged, "decision_changed", "內容與核定者不同", "請就變更後之內容重新提議及核定。", 409},
});

}  // namespace

const ReasonText& describe(Reason reason) {
  const auto& text = kReasons.at(static_cast<std::size_t>(reason));
  YZ_ASSERT(text.reason == reason);  // the table stands in the order of the enum
  return text;
}

std::string_view code_of(Reason reason) { return describe(reason).code; }

std::optional<Reason> find_reason(std::string_view code) {
  const auto found = std::find_if(kReasons.begin(), kReasons.end(),
                                  [&](const ReasonText& text) { return text.code == code; });
  return found == kReasons.end() ? std::nullopt : std::optional(found->reason);
}

std::span<const ReasonText> all_reasons() { return kReasons; }

}  // namespace yizhan

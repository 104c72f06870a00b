# One library per folder, one line each, in dependency order. USES is the rule: a folder may include
# what stands there and nothing else; tests/tree_test compares it with the real includes.

# ground: knows nothing of documents or agencies
yizhan_library(ground_base)
yizhan_library(ground_json USES ground_base LINKS nlohmann_json::nlohmann_json)
yizhan_library(ground_config USES ground_base LINKS PkgConfig::tomlplusplus)
yizhan_library(ground_files USES ground_base)
yizhan_library(ground_crypto USES ground_base LINKS OpenSSL::Crypto TEST_USES nlohmann_json::nlohmann_json ZLIB::ZLIB)
yizhan_library(ground_keys USES ground_base ground_crypto ground_json LINKS OpenSSL::Crypto PkgConfig::p11kit)
yizhan_library(ground_store USES ground_base LINKS soci)
yizhan_library(ground_merkle USES ground_base ground_crypto ground_files ground_json LINKS OpenSSL::Crypto)
yizhan_library(ground_journal USES ground_base ground_json ground_store)
yizhan_library(ground_confine USES ground_base LINKS PkgConfig::seccomp)
yizhan_library(ground_antivirus USES ground_base TEST_USES ZLIB::ZLIB)
yizhan_library(ground_archive USES ground_base LINKS LibArchive::LibArchive
               TEST_USES ZLIB::ZLIB PkgConfig::libzip)
yizhan_library(ground_xml USES ground_base LINKS LibXml2::LibXml2 ICU::uc)
yizhan_library(ground_net USES ground_base ground_crypto ground_json LINKS asio OpenSSL::SSL CURL::libcurl)

# model: the nouns
yizhan_library(model_agency USES ground_base ground_json ground_crypto ground_files)
yizhan_library(model_document USES ground_base ground_xml LINKS ICU::uc nlohmann_json::nlohmann_json)
include(cmake/formats.cmake)
yizhan_library(model_content USES ground_base ground_archive ground_json LINKS PkgConfig::magic ICU::uc ZLIB::ZLIB
               TEST_USES ground_antivirus ground_confine PkgConfig::libzip)
yizhan_library(model_package USES ground_base ground_json ground_crypto ground_files ground_merkle model_agency LINKS ICU::uc)
yizhan_library(model_evidence USES ground_base ground_json ground_crypto ground_store ground_merkle model_agency model_package)
yizhan_library(model_journey USES ground_base ground_json ground_store ground_journal model_agency model_package model_evidence)
yizhan_library(model_line USES ground_base ground_json ground_net model_agency model_package model_evidence model_journey)
yizhan_library(model_mailbox USES ground_base ground_json ground_crypto ground_files ground_store model_agency model_package model_evidence model_journey
               TEST_USES schema_migrations)

# way: the verbs
yizhan_library(way_seal USES ground_base ground_json ground_crypto ground_files ground_store ground_journal ground_merkle model_agency model_package model_evidence model_mailbox
               TEST_USES schema_migrations)
yizhan_library(way_submit USES ground_base ground_files ground_store ground_journal model_package model_line model_mailbox)
yizhan_library(way_open USES ground_base ground_crypto ground_files ground_store ground_journal ground_merkle model_agency model_package model_evidence model_journey model_line model_mailbox)
yizhan_library(way_acknowledge USES ground_base ground_store ground_journal model_package model_evidence model_journey model_line model_mailbox)

# role: which parts a program is made of
yizhan_library(role_keyholder USES ground_base ground_config ground_confine ground_keys LINKS CLI11::CLI11
               TEST_USES ground_crypto)

# program: main() and nothing else
yizhan_program(yizhan-keyholder SOURCE keyholder.cc USES role_keyholder)

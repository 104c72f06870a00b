# One library per folder, one line each, in dependency order. USES is the rule: a folder may include
# what stands there and nothing else; tests/tree_test compares it with the real includes.

# ground: knows nothing of documents or agencies
yizhan_library(ground_base)
yizhan_library(ground_control USES ground_base)
if(YIZHAN_KNOCKOUTS)
  target_compile_definitions(ground_control PRIVATE YIZHAN_KNOCKOUTS)
endif()
yizhan_library(ground_subject)
yizhan_library(ground_loop USES ground_base ground_subject THREADED)
yizhan_library(ground_json USES ground_base LINKS nlohmann_json::nlohmann_json)
yizhan_library(ground_config USES ground_base LINKS PkgConfig::tomlplusplus)
yizhan_library(ground_files USES ground_base ground_control)
yizhan_library(ground_crypto USES ground_base ground_control LINKS OpenSSL::Crypto TEST_USES nlohmann_json::nlohmann_json ZLIB::ZLIB)
yizhan_library(ground_trust USES ground_base ground_control ground_crypto ground_files ground_json)
yizhan_library(ground_keys USES ground_base ground_control ground_crypto ground_files ground_json LINKS OpenSSL::Crypto PkgConfig::p11kit)
yizhan_library(ground_store USES ground_base LINKS soci THREADED)
yizhan_library(ground_merkle USES ground_base ground_control ground_crypto ground_files ground_json LINKS OpenSSL::Crypto)
yizhan_library(ground_journal USES ground_base ground_crypto ground_json ground_store)
yizhan_library(ground_session USES ground_base ground_control ground_crypto ground_journal ground_store LINKS PkgConfig::sodium PkgConfig::oath
               THREADED TEST_USES schema_migrations)
yizhan_library(ground_confine USES ground_base LINKS PkgConfig::seccomp STRICT)
yizhan_library(ground_antivirus USES ground_base TEST_USES ZLIB::ZLIB)
yizhan_library(ground_archive USES ground_base ground_control LINKS LibArchive::LibArchive STRICT
               TEST_USES ZLIB::ZLIB PkgConfig::libzip)
yizhan_library(ground_daemon USES ground_config ground_confine ground_subject LINKS CLI11::CLI11)
yizhan_library(ground_xml USES ground_base ground_control LINKS LibXml2::LibXml2 ICU::uc)
yizhan_library(ground_net USES ground_base ground_crypto ground_json ground_subject LINKS asio OpenSSL::SSL CURL::libcurl THREADED)
yizhan_library(ground_monitor USES ground_base ground_crypto ground_files ground_json ground_net ground_store LINKS PkgConfig::prometheus)

# model: the nouns
yizhan_embed(schema_migrations SYMBOL kMigrations FILES schema/migrate/*.sql)
yizhan_library(model_agency USES ground_base ground_control ground_json ground_crypto ground_files)
yizhan_library(model_renewal USES model_agency)
yizhan_embed(working_days SYMBOL kWorkingDays FILES calendar/*.csv)
yizhan_library(model_calendar USES ground_base ground_files LINKS working_days)
yizhan_library(model_host USES ground_base ground_json model_calendar)
yizhan_library(model_person USES ground_control)
yizhan_embed(obligations SYMBOL kObligations FILES regulation/obligations.json)
yizhan_library(model_record USES ground_base ground_control ground_crypto ground_journal ground_json ground_store model_calendar LINKS obligations
               TEST_USES schema_migrations)
yizhan_library(model_part_name USES ground_base ground_control LINKS ICU::uc)
yizhan_embed(document_formats SYMBOL kDocumentFormats FILES formats/*.dtd formats/*.ent)
yizhan_library(model_document USES ground_base ground_control ground_xml model_part_name LINKS document_formats nlohmann_json::nlohmann_json)
yizhan_library(model_content USES ground_base ground_archive ground_json model_part_name LINKS PkgConfig::magic ZLIB::ZLIB
               TEST_USES ground_antivirus ground_confine PkgConfig::libzip)
yizhan_library(model_package USES ground_base ground_control ground_json ground_crypto ground_files ground_merkle ground_subject model_part_name model_agency)
yizhan_library(model_inspection USES ground_base ground_json ground_files ground_confine ground_xml model_agency model_part_name model_document model_content model_package
               TEST_USES ZLIB::ZLIB)
yizhan_library(model_evidence USES ground_control ground_json ground_crypto ground_store ground_merkle ground_subject model_agency model_package
               TEST_USES schema_migrations)
yizhan_library(model_journey USES ground_base ground_control ground_json ground_store ground_journal ground_subject model_package model_evidence
               TEST_USES schema_migrations)
yizhan_library(model_line USES ground_net model_agency model_package model_evidence model_journey)
yizhan_library(model_mailbox USES ground_base ground_json ground_store ground_subject model_agency model_package model_inspection model_evidence model_journey
               TEST_USES schema_migrations)
yizhan_library(model_audit USES ground_journal ground_json model_evidence
               TEST_USES ground_files schema_migrations)
yizhan_library(model_export USES ground_archive ground_crypto ground_files ground_json ground_merkle model_agency model_package model_evidence
               LINKS PkgConfig::libzip)

# way: the verbs
yizhan_library(way_admit USES ground_base ground_control ground_files ground_journal ground_json ground_merkle ground_store model_agency model_evidence model_journey model_package
               THREADED TEST_USES schema_migrations)
yizhan_library(way_screen USES ground_control ground_json ground_files ground_antivirus model_agency model_package model_evidence model_journey model_inspection
               TEST_USES schema_migrations ZLIB::ZLIB)
yizhan_library(way_route USES ground_control model_agency model_journey
               TEST_USES schema_migrations)
yizhan_library(way_retell USES ground_files ground_loop model_evidence model_journey model_mailbox
               TEST_USES schema_migrations)
yizhan_library(way_relay USES ground_base ground_control ground_files ground_journal ground_loop model_agency model_journey model_line
               TEST_USES schema_migrations)
yizhan_library(way_hold USES ground_files model_agency model_journey
               TEST_USES schema_migrations)
yizhan_library(way_deliver USES ground_control ground_files ground_json model_agency model_journey
               THREADED TEST_USES schema_migrations)
yizhan_library(way_draft USES ground_crypto ground_files ground_store model_mailbox TEST_USES schema_migrations)
yizhan_library(way_seal USES ground_files ground_journal ground_loop model_agency model_mailbox)
yizhan_library(way_submit USES ground_files ground_journal ground_loop model_line model_mailbox)
yizhan_library(way_open USES ground_control ground_loop ground_merkle ground_journal model_agency model_evidence model_line model_mailbox)
yizhan_library(way_attest USES ground_control ground_files ground_journal ground_json ground_loop ground_merkle ground_net model_agency model_evidence model_line
               THREADED TEST_USES schema_migrations)
yizhan_library(way_acknowledge USES ground_files ground_journal model_line model_mailbox)

# duty: what the regulation orders beside carrying documents
yizhan_library(duty_distribution USES ground_control ground_crypto ground_daemon ground_files ground_journal ground_json ground_monitor ground_net ground_store ground_trust model_agency model_host)
yizhan_library(duty_addresses USES ground_base ground_control ground_files ground_json ground_trust model_agency)
yizhan_library(duty_suspension USES ground_control ground_daemon ground_files ground_journal ground_json ground_monitor ground_store ground_trust model_agency
               TEST_USES schema_migrations)
yizhan_library(duty_release USES ground_control ground_daemon ground_journal ground_json ground_monitor ground_store ground_trust model_calendar model_host
               TEST_USES schema_migrations)
yizhan_library(duty_baseline USES ground_control ground_daemon ground_files ground_journal ground_json ground_monitor ground_store ground_trust model_calendar model_host
               TEST_USES schema_migrations)
yizhan_embed(incident_cases SYMBOL kIncidentCases FILES regulation/incidents.json)
yizhan_library(duty_incident USES ground_base ground_control ground_crypto ground_daemon ground_files ground_journal ground_json ground_monitor ground_store model_agency model_package model_record LINKS incident_cases
               TEST_USES schema_migrations)
yizhan_library(duty_notice USES ground_control ground_crypto ground_daemon ground_files ground_journal ground_json ground_monitor ground_store ground_trust model_agency model_calendar model_record
               TEST_USES schema_migrations)
yizhan_library(duty_certificate USES ground_control ground_journal ground_monitor ground_store model_agency model_calendar model_record
               TEST_USES schema_migrations)
yizhan_library(duty_supervision USES ground_json ground_store model_agency model_host model_record
               TEST_USES schema_migrations)

yizhan_embed(appendix1 SYMBOL kAppendix1 FILES regulation/appendix1.json)
yizhan_library(duty_connection USES ground_control ground_crypto ground_journal ground_json ground_keys ground_monitor ground_store model_agency model_calendar model_record LINKS appendix1
               TEST_USES ground_files schema_migrations)

# role: which parts a program is made of
yizhan_library(role_exchange USES duty_baseline duty_distribution duty_incident duty_notice duty_release duty_suspension ground_control ground_config ground_daemon ground_files ground_journal ground_json ground_keys ground_loop ground_monitor ground_net ground_store model_agency model_evidence model_journey model_line model_renewal way_admit way_attest way_deliver way_hold way_relay way_retell way_route way_screen LINKS schema_migrations THREADED)
yizhan_library(role_firewall USES duty_addresses ground_config ground_daemon ground_files)
yizhan_library(role_keyholder USES ground_config ground_daemon ground_keys STRICT)
yizhan_library(role_management USES duty_baseline duty_certificate duty_connection duty_distribution duty_incident duty_notice duty_release duty_supervision duty_suspension ground_base ground_config ground_control ground_daemon ground_files ground_keys ground_loop ground_monitor ground_net ground_session model_agency model_line model_person model_record LINKS schema_migrations THREADED)
yizhan_library(role_terminal USES duty_baseline duty_certificate duty_distribution duty_incident duty_release duty_suspension ground_antivirus ground_control ground_config ground_daemon ground_files ground_journal ground_json ground_keys ground_loop ground_monitor ground_net model_agency model_calendar model_content model_document model_export model_inspection model_line model_mailbox model_renewal way_acknowledge way_attest way_draft way_open way_retell way_screen way_seal way_submit LINKS schema_migrations
               TEST_USES way_deliver way_hold way_route ZLIB::ZLIB)
yizhan_library(role_cli USES duty_addresses duty_baseline duty_connection duty_incident duty_notice duty_release duty_suspension ground_antivirus ground_base ground_crypto ground_files ground_json ground_keys ground_net ground_trust model_agency model_audit model_part_name model_document model_evidence model_export LINKS CLI11::CLI11 ICU::uc)
yizhan_library(role_load USES ground_antivirus ground_base ground_files ground_json ground_net model_agency model_document model_evidence model_line model_mailbox model_package way_open LINKS CLI11::CLI11 THREADED)
yizhan_library(role_scanner USES ground_config ground_daemon ground_keys ground_loop way_screen)

# Whoever says which version it is.
foreach(teller ground_daemon role_cli role_exchange role_load role_management role_terminal)
  target_compile_definitions(${teller} PRIVATE YIZHAN_VERSION="${PROJECT_VERSION}")
endforeach()

# program: main() and nothing else
yizhan_program(yizhan-exchange SOURCE exchange.cc USES role_exchange)
yizhan_program(yizhan-firewall SOURCE firewall.cc USES role_firewall)
yizhan_program(yizhan-keyholder SOURCE keyholder.cc USES role_keyholder)
yizhan_program(yizhan-management SOURCE management.cc USES role_management)
yizhan_program(yizhan-terminal SOURCE terminal.cc USES role_terminal)
yizhan_program(yizhan SOURCE yizhan.cc USES role_cli)
yizhan_program(yizhan-scanner SOURCE scanner.cc USES role_scanner)
yizhan_program(yizhan-load SOURCE load.cc USES role_load)

#include "role/scanner/scanner.h"

int main(int count, char** arguments) { return yizhan::run_scanner(count, arguments); }

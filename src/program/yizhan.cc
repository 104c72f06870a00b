#include "role/cli/cli.h"

int main(int count, char** arguments) { return yizhan::run_cli(count, arguments); }

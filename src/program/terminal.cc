#include "role/terminal/terminal.h"

int main(int count, char** arguments) { return yizhan::run_terminal(count, arguments); }

#include "role/load/load.h"

int main(int count, char** arguments) { return yizhan::run_load(count, arguments); }

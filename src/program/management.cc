#include "role/management/management.h"

int main(int count, char** arguments) { return yizhan::run_management(count, arguments); }

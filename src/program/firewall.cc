#include "role/firewall/firewall.h"

int main(int count, char** arguments) { return yizhan::run_firewall(count, arguments); }

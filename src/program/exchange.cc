#include "role/exchange/exchange.h"

int main(int count, char** arguments) { return yizhan::run_exchange(count, arguments); }

#include "ground/control/control.h"

int main(int count, char**) { return yizhan::upheld("commitment", count > 99) ? 0 : 3; }

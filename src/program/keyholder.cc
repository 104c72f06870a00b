#include "role/keyholder/keyholder.h"

int main(int count, char** arguments) { return yizhan::run_keyholder(count, arguments); }

/* Included last by every .c file of src/: functions that have no bound or hide state are errors. */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H
#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atof gets setlocale
#endif

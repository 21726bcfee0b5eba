#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes a file as a C array: embed-object.py INPUT OUTPUT NAME"""
import sys

source, target, name = sys.argv[1:]
with open(source, 'rb') as f:
    data = f.read()
with open(target, 'w', encoding='ascii') as f:
    f.write('/* made from the BPF object by embed-object.py */\n')
    f.write(f'static const unsigned char {name}[] __attribute__((aligned(8))) = {{\n')
    for i in range(0, len(data), 16):
        f.write(' '.join(f'{b},' for b in data[i:i + 16]) + '\n')
    f.write('};\n')

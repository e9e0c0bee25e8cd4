import { z } from 'zod';

/** A password somebody chooses: at least 8 characters (NIST SP 800-63B asks for no more, and against rules of composition). */
export const newPasswordSchema = z.string().min(8, 'Password too short (min 8 chars).').max(1024);

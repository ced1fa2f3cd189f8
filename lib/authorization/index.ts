// Named re-exports only: `export *` of a CommonJS module is not seen by ESM programs.
export { type AllowedRoles } from '../contract';
export { Calls, type CallVerdict } from './calls';
export { hopText, hopsText, type CallPath, type Hop } from './call-path';
export { DocumentsError } from './documents-error';
export { principalText, rolesText, type Principal, type ServicePrincipal, type UserPrincipal } from './principal';
export { isOfServer, OTHER_TOOLS, ownerText, toolKey, type ToolId } from './tool-id';
export { WorkloadDocuments, type WorkloadDocument } from './workload-documents';
